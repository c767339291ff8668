// Ways in which payouts are refused.
import { FORBIDDEN, kind, Problem } from '../../lib/problem.ts';

export const PAYOUT_STATE = kind('CONFLICT', 409, 'The payout is not in a state for this');

export function runDecided(status: string): Problem {
  return new Problem(PAYOUT_STATE, `This payout run is ${status} already.`);
}

export function ownRun(): Problem {
  return new Problem(
    FORBIDDEN,
    'Another admin has to approve a payout run than the one who created it.',
  );
}

export function payoutEnded(status: string): Problem {
  return new Problem(PAYOUT_STATE, `This payout is ${status}: it cannot end like that.`);
}
