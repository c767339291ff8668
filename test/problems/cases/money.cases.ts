// How money between riders, sellers and the platform is refused.
import { newId } from '../../../src/lib/ids.ts';
import { closeCashSession } from '../../../src/modules/cash/cash.service.ts';
import { cancelPayoutRun, endPayout } from '../../../src/modules/payouts/runs/runs.service.ts';
import {
  makeCashSession,
  makePayoutRun,
  makeStartedPayout,
} from '../../authorization/money.fixtures.ts';
import { createActor } from '../../support/actors.ts';
import { actingAs } from '../../support/builders.ts';
import { type Attempt, ask, type Provocations } from '../operations.ts';

export const moneyCases: Provocations = {
  'POST /admin/cash-sessions/:id/orders': {
    '409 CONFLICT': async (attempt) =>
      ask(attempt, {
        names: await makeCashSession(attempt.stage.test),
        body: { seller_order_ids: [newId()] },
      }),
  },
  'POST /admin/cash-sessions/:id/close': {
    '409 CONFLICT': async (attempt) => {
      const names = await makeCashSession(attempt.stage.test);
      await closeCashSession(await asAdmin(attempt), names.id, { counted_centavos: 0 });
      return ask(attempt, { names });
    },
  },
  'POST /admin/payout-runs/:id/approve': {
    '409 CONFLICT': async (attempt) => ask(attempt, { names: await makeCancelledRun(attempt) }),
  },
  'POST /admin/payout-runs/:id/cancel': {
    '409 CONFLICT': async (attempt) => ask(attempt, { names: await makeCancelledRun(attempt) }),
  },
  'POST /admin/payouts/:id/end': {
    '409 CONFLICT': async (attempt) => {
      const names = await makeStartedPayout(attempt.stage.test);
      await endPayout(await asAdmin(attempt), names.id, { outcome: 'FAILED' });
      return ask(attempt, { names });
    },
  },
};

async function makeCancelledRun(attempt: Attempt) {
  const names = await makePayoutRun(attempt.stage.test);
  await cancelPayoutRun(await asAdmin(attempt), names.id);
  return names;
}

async function asAdmin({ stage: { test } }: Attempt) {
  return actingAs(test, await createActor(test, { role: 'admin' }));
}
