// What a drill says of itself, and whether it passed.
import { isEven, type OrderComparison } from './comparison.ts';
import type { DrillResult, Trial } from './drill.ts';
import { faultOf } from './faults.ts';

export function isPassed({ trials, comparisons, violations }: DrillResult): boolean {
  return violations === '' && areEven(comparisons) && trials.every(isTrialPassed);
}

export function isTrialPassed({
  fault,
  comparisons,
  failed,
  surprises,
  isLogoutSafe = true,
}: Trial): boolean {
  const isNoticed = failed > 0 && faultOf(fault).isUnnoticed === true;
  return areEven(comparisons) && surprises.length === 0 && isLogoutSafe && !isNoticed;
}

function areEven(comparisons: Readonly<Record<string, OrderComparison>>): boolean {
  return Object.values(comparisons).every(isEven);
}

export function reportOf({ trials, comparisons, violations }: DrillResult): string[] {
  return [
    ...trials.map(lineOf),
    ...Object.entries(comparisons).map(([server, of]) => `at the end, ${server}: ${textOf(of)}`),
    violations === '' ? 'all that must hold does' : violations,
  ];
}

export function lineOf(trial: Trial): string {
  const { fault, acknowledged, failed, outage_s, leaders, timelines, isLogoutSafe } = trial;
  const differing = Object.entries(trial.comparisons).filter(
    ([, comparisons]) => !isEven(comparisons),
  );
  return [
    `${isTrialPassed(trial) ? 'passed' : 'FAILED'} ${fault}: ${acknowledged} orders acknowledged`,
    ...(differing.length === 0
      ? ['none lost']
      : differing.map(([name, of]) => `${name}: ${textOf(of)}`)),
    `${failed} requests made again`,
    ...trial.surprises.map((answer) => `an answer of ${answer}`),
    `orders after ${outage_s.direct.toFixed(1)} s (through PgBouncer ${outage_s.pooled.toFixed(1)} s)`,
    `${leaders.join(' to ')}, timeline ${timelines.join(' to ')}`,
    ...(isLogoutSafe === undefined
      ? []
      : [`a logout meanwhile ${isLogoutSafe ? 'held everywhere' : 'DID NOT HOLD'}`]),
  ].join(', ');
}

function textOf({ lost, doubled, difference_centavos }: OrderComparison): string {
  return `lost ${lost}, doubled ${doubled}, sums differ by ${difference_centavos} centavos`;
}
