import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { systemCtx } from '../../context.ts';
import { inTransaction } from '../../db/transaction.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { DAY_MS } from '../../lib/time.ts';
import { createLog } from '../../telemetry/log.ts';
import { sendMessageJob } from './notifications.jobs.ts';
import { publishEvents } from './notifications.service.ts';
import { dispatchEventsJob, forgetDispatchedEventsJob } from './outbox.jobs.ts';

describe('a running worker', () => {
  let test: TestApp;
  let worker: Worker;
  let seller: TestActor;
  beforeAll(async () => {
    test = await createTestApp({ poolSize: 4 });
    seller = await createActor(test, { role: 'seller' });
    worker = await startWorker({
      databaseUrl: test.databaseUrl,
      jobs: [dispatchEventsJob, sendMessageJob],
      makeContext: ({ id }) => systemCtx(test.services, id),
      log: createLog({ level: 'silent', pretty: false, version: 'test' }),
    });
  });
  afterAll(async () => {
    await worker.stop();
    await test.close();
  });

  it('brings what was published to the mailbox by itself, once', async () => {
    await inTransaction(test.system, (ctx) =>
      publishEvents(ctx, [{ topic: 'seller.verified', payload: { seller_id: seller.seller_id } }]),
    );
    const path = `/dev/messages?to=seller-${seller.user_id}@example.com`;
    await vi.waitFor(
      async () => {
        const { results } = (await test.call({ path })).json();
        expect(results).toEqual([
          expect.objectContaining({
            channel: 'email',
            subject: expect.stringContaining('is verified'),
          }),
        ]);
      },
      { timeout: 15_000, interval: 100 },
    );
  });

  it('forgets in the night', async () => {
    await inTransaction(test.system, (ctx) =>
      publishEvents(ctx, [{ topic: 'nothing.said', payload: {} }]),
    );
    const left = () => test.services.db.selectFrom('outbox_messages').select('id').execute();
    await dispatchEventsJob.run(test.system, {});
    test.clock.advance(8 * DAY_MS);
    await forgetDispatchedEventsJob.run(test.system, {});
    expect(await left()).toEqual([]);
  });
});
