// What a test asks at its end: does everything still hold?
import { checkInvariants, type Violation } from '../../src/db/invariants/check.ts';
import { allInvariants } from '../../src/process/all-invariants.ts';

/** The violations of every invariant in the database of `url`, the listing as of `moment`. */
export function checkAllInvariants(url: string, moment?: Date): Promise<Violation[]> {
  return checkInvariants(url, allInvariants, moment);
}
