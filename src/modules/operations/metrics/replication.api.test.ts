import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { onServer } from '../../../../test/support/database.ts';
import { findReplication } from '../operations.queries.ts';

/** Roles belong to the whole server. */
const ROLE = `watcher_${randomBytes(6).toString('hex')}`;

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
  await onServer(inject('serverUrl'), `CREATE ROLE ${ROLE}`);
});
afterAll(async () => {
  await test.close();
  await onServer(inject('serverUrl'), `DROP ROLE ${ROLE}`);
});

/** What is found by a role that nobody connects as. */
function findAs(role: string) {
  return test.services.db.transaction().execute(async (db) => {
    await sql`SET LOCAL ROLE ${sql.id(role)}`.execute(db);
    return findReplication(db);
  });
}

it('reports nothing of standbys where it may not see them, and never that there are none', async () => {
  expect(await findAs(ROLE)).toBeUndefined();
});

it('the right to see them is what the page on roles names', async () => {
  await onServer(inject('serverUrl'), `GRANT pg_read_all_stats TO ${ROLE}`);
  expect(await findAs(ROLE)).toEqual({ replicas: 0, lag_seconds: 0 });
});
