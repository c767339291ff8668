// What the tests of the seals share: entries to seal, and the hands of somebody who may do anything to the database.
import { sql } from 'kysely';
import pg from 'pg';
import type { TestApp } from '../../../../test/support/app.ts';
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { plusMs } from '../../../lib/time.ts';
import { recordAudit } from '../audit.service.ts';

/** Writes `count` entries, each in a transaction of its own. */
export async function record(ctx: Ctx, count: number): Promise<void> {
  for (let size = 1; size <= count; size += 1) {
    await inTransaction(ctx, (ctx) =>
      recordAudit(ctx, {
        action: 'thing.changed',
        object_type: 'thing',
        object_id: `thing ${size}`,
        changes: { size: [null, size] },
      }),
    );
  }
}

/** Entries as many as a busy week's, in one statement. */
export async function recordMany(test: TestApp, count: number): Promise<void> {
  await asSuperuser(
    test,
    `INSERT INTO audit_entries (id, actor_role, action, object_type, object_id, changes, created_at)
     SELECT gen_random_uuid(), 'system', 'thing.changed', 'thing', n::text, '{"size": [1, 2.50]}', now() FROM generate_series(1, ${count}) n`,
  );
}

/** Runs statements with every trigger and foreign key out of the way; each sees what the ones before did. */
export function tamper(test: TestApp, statements: string): Promise<void> {
  return asSuperuser(test, `SET session_replication_role = replica; ${statements}`);
}

export async function asSuperuser(test: TestApp, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

export interface SealRow {
  readonly seq: number;
  readonly entry_id: string;
}

export function seals(test: TestApp): Promise<SealRow[]> {
  return test.services.db
    .selectFrom('audit_seals')
    .select(['seq', 'entry_id'])
    .orderBy('seq')
    .execute();
}

/** An id as one that was made at that moment. */
export function idAt(moment: Date): string {
  const time = moment.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${newId().slice(15)}`;
}

/** Writes `count` entries as if at that moment, in one statement. @returns their ids */
export async function recordAt(test: TestApp, moment: Date, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => idAt(plusMs(moment, i)));
  await test.services.db
    .insertInto('audit_entries')
    .values(
      ids.map((id, size) => ({
        id,
        actor_role: 'system',
        action: 'thing.changed',
        object_type: 'thing',
        object_id: id,
        changes: JSON.stringify({ size: [null, size] }),
        created_at: moment,
      })),
    )
    .execute();
  return ids;
}

/** Makes the partitions that there would be had the job run at that moment. */
export async function makePartitionsAt(test: TestApp, moment: Date): Promise<number> {
  const { rows } = await sql<{ made: number }>`
    SELECT make_audit_partitions_at(${moment}, 3) AS made`.execute(test.services.db);
  return rows[0]?.made ?? 0;
}
