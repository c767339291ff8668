// Limits of how many rows somebody may have: whoever would add one counts behind a lock of their own.
import { sql } from 'kysely';
import type { DbTransaction } from './database.ts';

/**
 * Lets one transaction at a time add to what `owner_id` has of a kind. Count in a statement after this one: what the
 * last holder added is visible only then. Nothing but adding waits here.
 * @param kind what is counted, e.g. `products`
 */
export async function lockLimit(db: DbTransaction, kind: string, owner_id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`limit:${kind}:${owner_id}`}, 0))`.execute(
    db,
  );
}
