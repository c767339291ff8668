// Orders as people, wallets and jobs move them through the whole API, on a database.
import { sql } from 'kysely';
import { newId } from '../../src/lib/ids.ts';
import { formatMoney, parseMoney } from '../../src/lib/money.ts';
import { DAY_MS, plusMs } from '../../src/lib/time.ts';
import { makeAuditPartitions } from '../../src/modules/audit/retention/retention.service.ts';
import {
  cancelOverdue,
  expireReservations,
} from '../../src/modules/orders/deadlines/deadlines.service.ts';
import { reconcilePayments } from '../../src/modules/orders/settlement/settlement.service.ts';
import { carryOutRefund, startWallet } from '../../src/modules/payments/payments.service.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import type { Call, TestApp } from '../support/app.ts';
import { createLot } from '../support/builders.ts';
import { type Customer, createCustomer, stockProduct } from '../support/market.ts';
import { type Life, newLife, type Step, type WalletOutcome, type Who } from './model.ts';
import type { Random } from './random.ts';

const LOT_LIFE_MS = 3_600 * DAY_MS;
const OUTCOMES: Readonly<Record<WalletOutcome, string>> = {
  PAID: 'success',
  FAILED: 'failure',
  EXPIRED: 'expiry',
};
const DELIVERIES = ['never', 'once', 'twice'] as const;

interface Stall {
  readonly seller: TestActor;
  readonly product_id: string;
  readonly commission_bps: number;
}

/** An order that was placed, and what the model knows of it. */
export interface ApiOrder {
  readonly life: Life;
  readonly order_id: string;
  readonly payment_id: string;
  readonly customer: Customer;
  /** In the order of the parts. */
  readonly seller_order_ids: readonly string[];
}

/** What the API answered, perhaps only when the request was sent again. */
export interface Answer {
  readonly statusCode: number;
  readonly body: string;
  readonly isRepeated: boolean;
}

export interface ApiMarket {
  place(random: Random): Promise<ApiOrder>;
  /** @returns whether it was allowed; undefined where a repetition was refused, which may have been done before */
  take(order: ApiOrder, step: Step): Promise<boolean | undefined>;
  /** Moves the clock, and does what jobs do before and by then. */
  pass(duration_ms: number): Promise<void>;
}

/** @param send brings a request to the API, and until it is answered by less than 500 again and again */
export async function openApiMarket(
  test: TestApp,
  random: Random,
  send: (request: Call) => Promise<Answer>,
): Promise<ApiMarket> {
  const stalls: Stall[] = [];
  for (const commission_bps of [0, 333, 500, 10_000])
    stalls.push(await openStall(test, random, commission_bps));
  const customers = [
    await createCustomer(test),
    await createCustomer(test),
    await createCustomer(test),
  ] as const;
  const admin = await createActor(test, { role: 'admin' });
  // Years pass.
  await test.services.db
    .updateTable('sessions')
    .set({ expires_at: plusMs(test.clock.now(), LOT_LIFE_MS) })
    .execute();

  const tokenOf = (order: ApiOrder, who: Who, part = 0): string => {
    const stall = stalls.find(({ seller }) => seller.seller_id === order.life.parts[part]?.seller);
    return { customer: order.customer, admin, seller: stall?.seller ?? admin }[who].token;
  };
  const post = (request: Call) =>
    send({ method: 'POST', ...request, headers: { 'idempotency-key': newId() } });
  const isDone = async (request: Call): Promise<boolean | undefined> => {
    const { statusCode, isRepeated } = await post(request);
    return statusCode < 300 || (isRepeated ? undefined : false);
  };

  return {
    async place(random) {
      const customer = random.pick(customers);
      const chosen = stalls.filter(() => random.oneIn(2)).slice(0, 3);
      if (chosen.length === 0) chosen.push(random.pick([stalls[0] as Stall, ...stalls]));
      const amounts = chosen.map(({ product_id }) => [
        product_id,
        `${random.between(1, 9)}.${random.between(0, 999)}`,
      ]);
      for (const [product_id, quantity] of amounts)
        await post({ path: '/cart/items', token: customer.token, body: { product_id, quantity } });
      const method = random.pick(['CASH', 'WALLET'] as const);
      const payment_method = method === 'CASH' ? 'COD' : 'GCASH';
      const { statusCode, body } = await post({
        path: '/orders/checkout',
        token: customer.token,
        body: { address_id: customer.address_id, payment_method },
      });
      if (statusCode !== 201) throw new Error(`checkout refused: ${body}`);
      const { order, payment } = JSON.parse(body);
      const sellerOrders: { id: string; seller_id: string; total_amount: string }[] =
        order.seller_orders;
      const parts = sellerOrders.map(({ seller_id, total_amount }) => ({
        seller: seller_id,
        total: parseMoney(total_amount),
        commission_bps:
          stalls.find(({ seller }) => seller.seller_id === seller_id)?.commission_bps ?? 0,
      }));
      return {
        life: newLife(method, parts, test.clock.now().getTime()),
        order_id: order.id,
        payment_id: payment.id,
        customer,
        seller_order_ids: sellerOrders.map(({ id }) => id),
      };
    },

    take(order, step) {
      const { order_id, payment_id, seller_order_ids } = order;
      switch (step.do) {
        case 'move':
          return isDone({
            method: 'PATCH',
            path: `/orders/${order_id}/status`,
            token: tokenOf(order, step.by, step.part),
            body: {
              order_status: step.to,
              reason: step.reason,
              seller_order_id: seller_order_ids[step.part],
            },
          });
        case 'cancel':
          return isDone({
            path: `/orders/${order_id}/cancel`,
            token: tokenOf(order, step.by),
            body: {},
          });
        case 'refund':
          return isDone({
            path: `/payments/${payment_id}/refunds`,
            token: admin.token,
            body: {
              amount: formatMoney(step.amount),
              reason: 'bruised',
              seller_order_id: seller_order_ids[step.part],
            },
          });
        case 'open the wallet':
          return startWallet(test.system, payment_id).then(
            () => true,
            () => false,
          );
        case 'wallet':
          return isDone({
            path: `/dev/payments/${payment_id}/simulate`,
            token: order.customer.token,
            body: { outcome: OUTCOMES[step.outcome], deliver: DELIVERIES[step.webhooks] },
          });
      }
    },

    async pass(duration_ms) {
      await runJobs(test);
      test.clock.advance(duration_ms);
      await runJobs(test);
    },
  };
}

async function runJobs(test: TestApp): Promise<void> {
  await makeAuditPartitions(test.system);
  await expireReservations(test.system);
  await cancelOverdue(test.system);
  await reconcilePayments(test.system);
  const pending = sql<{ id: string }>`SELECT id FROM refunds WHERE status = 'PENDING'`;
  for (const { id } of (await pending.execute(test.services.db)).rows)
    await carryOutRefund(test.system, id);
}

async function openStall(test: TestApp, random: Random, commission_bps: number): Promise<Stall> {
  const seller = await createActor(test, { role: 'seller' });
  await test.services.db
    .updateTable('sellers')
    .set({ commission_bps })
    .where('id', '=', seller.seller_id)
    .execute();
  const { id } = await stockProduct(test, seller.seller_id, {
    price_centavos: random.between(1_001, 99_999),
  });
  await createLot(test, id, {
    quantity: '900000',
    expires_at: plusMs(test.clock.now(), LOT_LIFE_MS),
  });
  return { seller, product_id: id, commission_bps };
}
