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
import { type Life, newLife, type Part, type Step, type WalletOutcome, type Who } from './model.ts';
import type { Random } from './random.ts';

const LOT_LIFE_MS = 3_600 * DAY_MS;
const OUTCOMES: Readonly<Record<WalletOutcome, string>> = {
  PAID: 'success',
  FAILED: 'failure',
  EXPIRED: 'expiry',
};
const DELIVERIES = ['never', 'once', 'twice'] as const;

type Terms = Pick<Part, 'commission_bps' | 'collector'>;

interface Stall {
  readonly seller: TestActor;
  readonly product_id: string;
  readonly terms: Terms;
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

/** Brings a request to the API, again and again until it is answered by less than 500. */
type Send = (request: Call) => Promise<Answer>;

/** Who is there, and how they reach the API. */
interface Cast {
  readonly test: TestApp;
  readonly send: Send;
  readonly stalls: readonly [Stall, ...Stall[]];
  readonly customers: readonly [Customer, ...Customer[]];
  readonly admin: TestActor;
}

export async function openApiMarket(test: TestApp, random: Random, send: Send): Promise<ApiMarket> {
  const cast: Cast = {
    test,
    send: (request) =>
      send({ method: 'POST', ...request, headers: { 'idempotency-key': newId() } }),
    stalls: [
      await openStall(test, random, { commission_bps: 0, collector: 'SELLER' }),
      await openStall(test, random, { commission_bps: 333, collector: 'RIDER' }),
      await openStall(test, random, { commission_bps: 500, collector: 'SELLER' }),
      await openStall(test, random, { commission_bps: 10_000, collector: 'RIDER' }),
    ],
    customers: [await createCustomer(test), await createCustomer(test), await createCustomer(test)],
    admin: await createActor(test, { role: 'admin' }),
  };
  // Years pass.
  const expires_at = plusMs(test.clock.now(), LOT_LIFE_MS);
  await test.services.db.updateTable('sessions').set({ expires_at }).execute();
  return {
    place: (random) => placeOrder(cast, random),
    take: (order, step) => takeStep(cast, order, step),
    async pass(duration_ms) {
      await runJobs(test);
      test.clock.advance(duration_ms);
      await runJobs(test);
    },
  };
}

async function placeOrder({ test, send, ...cast }: Cast, random: Random): Promise<ApiOrder> {
  const customer = random.pick(cast.customers);
  const { token } = customer;
  const some = cast.stalls.filter(() => random.oneIn(2)).slice(0, 3);
  for (const { product_id } of some.length > 0 ? some : [random.pick(cast.stalls)]) {
    const quantity = `${random.between(1, 9)}.${random.between(0, 999)}`;
    await send({ path: '/cart/items', token, body: { product_id, quantity } });
  }
  const method = random.pick(['CASH', 'WALLET'] as const);
  const { statusCode, body } = await send({
    path: '/orders/checkout',
    token,
    body: {
      address_id: customer.address_id,
      payment_method: method === 'CASH' ? 'COD' : 'GCASH',
    },
  });
  if (statusCode !== 201) throw new Error(`checkout refused: ${body}`);
  const { order, payment } = JSON.parse(body);
  const sellerOrders: { id: string; seller_id: string; total_amount: string }[] =
    order.seller_orders;
  const parts = sellerOrders.map(({ seller_id, total_amount }) => ({
    seller: seller_id,
    total: parseMoney(total_amount),
    ...stallOf(cast, seller_id).terms,
  }));
  return {
    life: newLife(method, parts, test.clock.now().getTime()),
    order_id: order.id,
    payment_id: payment.id,
    customer,
    seller_order_ids: sellerOrders.map(({ id }) => id),
  };
}

function stallOf({ stalls }: Pick<Cast, 'stalls'>, seller_id: string | undefined): Stall {
  return stalls.find(({ seller }) => seller.seller_id === seller_id) ?? stalls[0];
}

async function takeStep(cast: Cast, order: ApiOrder, step: Step): Promise<boolean | undefined> {
  if (step.do === 'open the wallet')
    return startWallet(cast.test.system, order.payment_id).then(
      () => true,
      () => false,
    );
  const { statusCode, isRepeated } = await cast.send(requestOf(cast, order, step));
  return statusCode < 300 || (isRepeated ? undefined : false);
}

function requestOf(
  cast: Cast,
  { order_id, payment_id, customer, ...order }: ApiOrder,
  step: Exclude<Step, { do: 'open the wallet' }>,
): Call {
  const tokenOf = (who: Who, part = 0): string => {
    const { seller } = stallOf(cast, order.life.parts[part]?.seller);
    return { customer, admin: cast.admin, seller }[who].token;
  };
  switch (step.do) {
    case 'move': {
      const seller_order_id = order.seller_order_ids[step.part];
      return {
        method: 'PATCH',
        path: `/orders/${order_id}/status`,
        token: tokenOf(step.by, step.part),
        body: { order_status: step.to, reason: step.reason, seller_order_id },
      };
    }
    case 'cancel':
      return { path: `/orders/${order_id}/cancel`, token: tokenOf(step.by), body: {} };
    case 'refund': {
      const seller_order_id = order.seller_order_ids[step.part];
      const amount = formatMoney(step.amount);
      return {
        path: `/payments/${payment_id}/refunds`,
        token: tokenOf('admin'),
        body: { amount, reason: 'bruised', seller_order_id },
      };
    }
    case 'wallet':
      return {
        path: `/dev/payments/${payment_id}/simulate`,
        token: customer.token,
        body: { outcome: OUTCOMES[step.outcome], deliver: DELIVERIES[step.webhooks] },
      };
  }
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

async function openStall(test: TestApp, random: Random, terms: Terms): Promise<Stall> {
  const seller = await createActor(test, { role: 'seller' });
  await test.services.db
    .updateTable('sellers')
    .set({ commission_bps: terms.commission_bps, cash_collector: terms.collector })
    .where('id', '=', seller.seller_id)
    .execute();
  const { id } = await stockProduct(test, seller.seller_id, {
    price_centavos: random.between(1_001, 99_999),
  });
  await createLot(test, id, {
    quantity: '900000',
    expires_at: plusMs(test.clock.now(), LOT_LIFE_MS),
  });
  return { seller, product_id: id, terms };
}
