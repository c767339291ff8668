// A market in which sellers earn, for tests of balances, payouts and statements.
import { makeRiderSale, setOldDestination } from '../../../test/authorization/money.fixtures.ts';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { newId } from '../../lib/ids.ts';
import { HOUR_MS } from '../../lib/time.ts';
import { startSession } from '../auth/sessions/sessions.service.ts';
import { startPayouts } from './runs/runs.service.ts';

export interface PayoutMarket {
  readonly test: TestApp;
  readonly admin: TestActor;
  readonly secondAdmin: TestActor;
  /** Each call in a session of its own, which has just proven who it is. */
  send(
    by: TestActor,
    method: 'POST' | 'PUT',
    path: string,
    body?: object,
  ): ReturnType<TestApp['call']>;
  read(by: TestActor, path: string): ReturnType<TestApp['call']>;
  /** A seller with a destination who has sold something for 120.00 at a commission of 5 %. */
  createEarner(): Promise<TestActor>;
  sell(seller: TestActor): Promise<{ readonly payment_id: string }>;
  balanceOf(seller: TestActor): Promise<Readonly<Record<string, string>>>;
  /** Drafts a run; the second admin approves it. @returns its id */
  approveRun(): Promise<string>;
  /** The same, and the job has sent it. @returns the seller's payout */
  payOut(seller: TestActor): Promise<{ readonly id: string; readonly status: string }>;
  /** Past the claim window. */
  waitForClaims(): void;
}

export async function openPayoutMarket(): Promise<PayoutMarket> {
  const test = await createTestApp({ poolSize: 6 });
  const people = {
    admin: await createActor(test, { role: 'admin' }),
    secondAdmin: await createActor(test, { role: 'admin' }),
  };
  // Tests move the clock by months: nobody stays signed in for so long.
  const tokenOf = async ({ user_id }: TestActor) => {
    const { session_id } = await startSession(test.system, { user_id });
    return test.services.tokens.signAccess({ user_id, session_id, now: test.clock.now() });
  };
  const send: PayoutMarket['send'] = async (by, method, path, body = {}) =>
    test.call({
      method,
      path,
      token: await tokenOf(by),
      headers: { 'idempotency-key': newId() },
      body: method === 'POST' && Object.keys(body).length === 0 ? undefined : body,
    });
  const read: PayoutMarket['read'] = async (by, path) =>
    test.call({ path, token: await tokenOf(by) });
  const sell: PayoutMarket['sell'] = async (seller) => {
    const { id } = await makeRiderSale(test, { customer: await createActor(test), seller });
    return test.services.db
      .selectFrom('seller_orders as s')
      .innerJoin('payments as p', 'p.order_id', 's.order_id')
      .select('p.id as payment_id')
      .where('s.id', '=', id)
      .executeTakeFirstOrThrow();
  };
  const approveRun = async () => {
    const { id } = (await send(people.admin, 'POST', '/admin/payout-runs')).json();
    await send(people.secondAdmin, 'POST', `/admin/payout-runs/${id}/approve`);
    return id as string;
  };
  return {
    test,
    ...people,
    send,
    read,
    sell,
    approveRun,
    createEarner: async () => {
      const seller = await createActor(test, { role: 'seller' });
      await sell(seller);
      await sell(seller);
      await setOldDestination(test, seller);
      return seller;
    },
    balanceOf: async (seller) =>
      (await read(seller, `/sellers/${seller.seller_id}/balance`)).json(),
    payOut: async (seller) => {
      const run = await approveRun();
      await startPayouts(test.system);
      const { payouts } = (await read(people.admin, `/admin/payout-runs/${run}`)).json();
      return payouts.find(({ seller_id }: { seller_id: string }) => seller_id === seller.seller_id);
    },
    waitForClaims: () =>
      test.clock.advance((test.services.config.CLAIM_WINDOW_HOURS + 1) * HOUR_MS),
  };
}
