// How fresh a lot is: from the share of its shelf life that is left, computed from the clock and never stored.
import { DAY_MS } from '../../lib/time.ts';

export const FRESHNESS = ['FRESH', 'SLIGHTLY_WITHERED', 'ROTTEN'] as const;
export type Freshness = (typeof FRESHNESS)[number];

export interface ShelfLife {
  readonly harvested_at: Date;
  readonly expires_at: Date;
}

/** FRESH with over half of the shelf life left, SLIGHTLY_WITHERED with some, ROTTEN with none. */
export function freshnessOf({ harvested_at, expires_at }: ShelfLife, now: Date): Freshness {
  const life_ms = expires_at.getTime() - harvested_at.getTime();
  const left_ms = expires_at.getTime() - now.getTime();
  if (left_ms <= 0) return 'ROTTEN';
  return left_ms > life_ms / 2 ? 'FRESH' : 'SLIGHTLY_WITHERED';
}

/** Whole 24 hours until `expires_at`, rounded down; 0 when it is over. */
export function daysLeft(expires_at: Date, now: Date): number {
  return Math.max(0, Math.floor((expires_at.getTime() - now.getTime()) / DAY_MS));
}
