// Which of the given audit entries the database still has.
import type pg from 'pg';
import { onlyRow } from '../rows.ts';

/** Found by its primary key whatever the statistics say of a long list. */
const ENTRIES_PER_STATEMENT = 500;

/** Which of these entries the audit log holds. @returns undefined where it is a standby that answers */
export async function findPresentEntries(
  client: pg.Client,
  ids: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const present = new Set<string>();
  for (let start = 0; start < ids.length; start += ENTRIES_PER_STATEMENT) {
    const result = await client.query<{ is_standby: boolean; present: string[] }>(
      `SELECT pg_is_in_recovery() AS is_standby,
        ARRAY(SELECT id FROM audit_entries WHERE id = ANY($1::uuid[])) AS present`,
      [ids.slice(start, start + ENTRIES_PER_STATEMENT)],
    );
    const found = onlyRow(result);
    if (found.is_standby) return undefined;
    for (const id of found.present) present.add(id);
  }
  return present;
}
