import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';
import { allInvariants } from '../../process/all-invariants.ts';
import {
  foldBusinessCountsJob,
  forgetExpiredAnswersJob,
  watchInvariantsJob,
} from './housekeeping.jobs.ts';

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

describe('housekeeping', () => {
  it('forgets kept answers a day after they were given, and no others', async () => {
    const { user_id } = await createActor(test);
    const now = test.clock.now();
    const answer = {
      user_id,
      request_hash: Buffer.alloc(32),
      status: 201,
      headers: '{}',
      body: '',
    };
    await test.services.db
      .insertInto('idempotency_keys')
      .values([
        { ...answer, key: 'old', created_at: plusMs(now, -DAY_MS - 1) },
        { ...answer, key: 'young', created_at: plusMs(now, -DAY_MS / 2) },
      ])
      .execute();
    await forgetExpiredAnswersJob.run(test.system, {});
    const kept = await test.services.db.selectFrom('idempotency_keys').select('key').execute();
    expect(kept).toEqual([{ key: 'young' }]);
  });

  it('keeps the counts of the business in one row', async () => {
    const { db } = test.services;
    await db
      .insertInto('business_counts')
      .values([{}, { orders_created: 2 }])
      .execute();
    await foldBusinessCountsJob.run(test.system, {});
    const rows = await db.selectFrom('business_counts').select('orders_created').execute();
    expect(rows).toEqual([{ orders_created: 2 }]);
  });

  it('keeps what it finds of the invariants', async () => {
    await watchInvariantsJob(allInvariants).run(test.system, {});
    const checks = await test.services.db.selectFrom('invariant_checks').selectAll().execute();
    expect(checks.length).toBeGreaterThan(30);
  });
});
