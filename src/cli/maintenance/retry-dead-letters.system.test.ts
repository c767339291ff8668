import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { runCli } from '../../../test/support/processes/cli.ts';
import { jobDepths } from '../../jobs/queues/depths.ts';
import { EXIT } from '../../lib/exit.ts';

const QUEUE = 'payments.refund';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

const retry = (queue: string) =>
  runCli(['retry-dead-letters', queue], { env: { DATABASE_URL: test.databaseUrl } });

async function depth() {
  const depths = await jobDepths(test.services.db);
  return depths.find(({ queue }) => queue === QUEUE);
}

it('gives dead jobs to their queue again, each once', async () => {
  await sql`INSERT INTO pgboss.job (name, data, source_name)
    SELECT ${`${QUEUE}.dead`}, jsonb_build_object('refund_id', gen_random_uuid()), ${QUEUE} FROM generate_series(1, 3)`.execute(
    test.services.db,
  );
  expect(await depth()).toMatchObject({ dead: 3, waiting: 0 });
  expect(await retry(QUEUE)).toMatchObject({
    exitCode: EXIT.done,
    stdout: `3 jobs of ${QUEUE} will be tried again\n`,
  });
  expect(await depth()).toMatchObject({ dead: 0, waiting: 3 });
  expect((await retry(QUEUE)).stdout).toBe(`0 jobs of ${QUEUE} will be tried again\n`);
});

it('says that there is no such queue', async () => {
  expect(await retry('payments.refunds')).toMatchObject({
    exitCode: EXIT.usage,
    stderr: expect.stringContaining('There is no queue payments.refunds.'),
  });
});
