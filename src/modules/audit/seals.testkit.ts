// What the tests of the seals share: entries to seal, and the hands of somebody who may do anything to the database.
import pg from 'pg';
import type { TestApp } from '../../../test/app.ts';
import type { Ctx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { recordAudit } from './audit.service.ts';

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
