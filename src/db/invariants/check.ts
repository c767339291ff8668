// Asks a live database whether all that must hold of it does hold.
import type pg from 'pg';
import { withClient } from '../client.ts';
import type { Invariant } from './invariant.ts';

/** More violations of one invariant than this help nobody. */
export const MAX_DETAILS = 20;
/** A million products take minutes. */
const STATEMENT_TIMEOUT_MS = 30 * 60_000;

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

/**
 * Every violation, at most MAX_DETAILS an invariant. Reads one snapshot, so that it may run under load.
 * @param moment for which the listing is compared; now by default
 */
export function checkInvariants(
  url: string,
  invariants: readonly Invariant[],
  moment = new Date(),
): Promise<Violation[]> {
  const connection = {
    connectionString: url,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'freshbytes-invariants',
  };
  return withClient(connection, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return findViolations(client, invariants, moment);
  });
}

/** The same in the transaction that `client` has open. */
export async function findViolations(
  client: pg.Client,
  invariants: readonly Invariant[],
  moment: Date,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { name, sql, takesMoment } of invariants) {
    const { rows } = await client.query<{ detail: string }>(
      `SELECT detail FROM (${sql}) AS violation ORDER BY detail LIMIT ${MAX_DETAILS}`,
      takesMoment ? [moment] : [],
    );
    violations.push(...rows.map(({ detail }) => ({ invariant: name, detail })));
  }
  return violations;
}
