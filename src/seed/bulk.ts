// Loads fast: a big market is written without what is quicker to make, or to check, at the end and for all rows at once.
import { sql } from 'kysely';
import type { DbTransaction } from '../db/database.ts';

/** Of a whole load, which has its server to itself. */
const MEMORY = sql`
  SELECT set_config('work_mem', '128MB', true), set_config('maintenance_work_mem', '512MB', true),
    set_config('max_parallel_workers_per_gather', '2', true)`;

interface Part {
  readonly remove: string;
  readonly restore: string;
}

/** Small tables, and those whose indexes the load itself reads. */
const KEPT = "('places', 'search_synonyms', 'lots', 'promo_products')";

/** Indexes first: constraints are checked with their help. Those that a constraint stands on, and ON CONFLICT asks, stay. */
const PARTS = sql<Part>`
  SELECT 'DROP INDEX ' || indexrelid::regclass AS remove, pg_get_indexdef(indexrelid) AS restore
  FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ${sql.raw(KEPT)}
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
  UNION ALL
  SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
  UNION ALL
  SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname),
    format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname)
  FROM pg_trigger WHERE tgname IN ('journal_entries_balance', 'journal_lines_balance')
  ORDER BY restore DESC`;

/** What the switched-off triggers ask of each entry. */
const UNBALANCED = sql<{ id: string }>`
  SELECT e.id FROM journal_entries e LEFT JOIN journal_lines l ON l.entry_id = e.id
  GROUP BY e.id HAVING sum(l.debit_centavos - l.credit_centavos) IS DISTINCT FROM 0 LIMIT 1`;

/**
 * Does `work` without secondary indexes, foreign keys and checks of the journal, which are there again, and hold, when it
 * returns. All in the given transaction, by an owner of the tables.
 * @throws Error where the work has left a journal entry out of balance
 */
export async function inBulk(db: DbTransaction, work: () => Promise<void>): Promise<void> {
  await MEMORY.execute(db);
  const parts = (await PARTS.execute(db)).rows;
  for (const { remove } of parts) await sql.raw(remove).execute(db);
  await work();
  for (const { restore } of parts) await sql.raw(restore).execute(db);
  const [unbalanced] = (await UNBALANCED.execute(db)).rows;
  if (unbalanced) throw new Error(`journal entry ${unbalanced.id} is out of balance`);
}
