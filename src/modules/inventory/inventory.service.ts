// What other modules may know of freshness: the rule itself.
export { daysLeft, FRESHNESS, type Freshness, freshnessOf } from './freshness.rules.ts';
