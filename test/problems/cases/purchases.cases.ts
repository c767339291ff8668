// How buying and selling refuse: carts, stock, prices, statuses, money and reviews.
import { newId } from '../../../src/lib/ids.ts';
import { DAY_MS, plusMs } from '../../../src/lib/time.ts';
import { changeCart } from '../../../src/modules/carts/carts.service.ts';
import { changeProduct } from '../../../src/modules/catalog/products/products.service.ts';
import { simulatePayment } from '../../../src/modules/dev/simulation.service.ts';
import {
  cancelOrder,
  moveOrder,
} from '../../../src/modules/orders/fulfilment/fulfilment.service.ts';
import {
  asCustomer,
  type Deal,
  makeDeliveredSale,
  makeProduct,
  makeReview,
  makeSale,
  putInCart,
} from '../../authorization/fixtures.ts';
import { actingAs } from '../../support/builders.ts';
import { type Customer, createCustomer } from '../../support/market.ts';
import { type Attempt, ask, type Provocations } from '../operations.ts';
import type { Instance } from '../variants.ts';

/** The caller buys from a seller in good standing. */
const bought = ({ stage, me }: Attempt): Deal => ({ customer: me, seller: stage.strangers.rival });
/** The caller, who is a seller, sells. */
const sold = ({ stage, me }: Attempt): Deal => ({ customer: stage.strangers.stranger, seller: me });
/** The caller has no part in it. */
const others = ({ stage: { strangers } }: Attempt): Deal => ({
  customer: strangers.stranger,
  seller: strangers.rival,
});

const cartCases = {
  '403 FORBIDDEN': async (attempt: Attempt) => {
    const { rival } = attempt.stage.strangers;
    const names = await makeProduct(attempt.stage.test, rival);
    return ask(attempt, { by: rival, names, body: lineOf(attempt, names.id) });
  },
  '409 PRODUCT_UNAVAILABLE': async (attempt: Attempt) => {
    const names = await putInCart(attempt.stage.test, bought(attempt));
    await takeOffSale(attempt, names.id);
    return ask(attempt, { names, body: lineOf(attempt, names.id) });
  },
};

export const purchaseCases: Provocations = {
  'POST /reviews': {
    '404 NOT_FOUND': (attempt) => ask(attempt),
    '409 CONFLICT': async (attempt) => {
      const { db } = attempt.stage.test.services;
      const { id } = await makeReview(attempt.stage.test, bought(attempt));
      const { product_id } = await db
        .selectFrom('reviews')
        .select('product_id')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return ask(attempt, { body: { product_id, rating: 5, comment: 'Crisp.' } });
    },
  },
  'DELETE /reviews/:id': {
    '403 FORBIDDEN': async (attempt) =>
      ask(attempt, { names: await makeReview(attempt.stage.test, others(attempt)) }),
  },

  'POST /cart/items': { ...cartCases, '404 NOT_FOUND': (attempt) => ask(attempt) },
  'PUT /cart/items/:product_id': cartCases,

  'GET /orders': { '403 FORBIDDEN': (attempt) => ask(attempt, { suffix: '?as=seller' }) },
  'POST /orders/checkout': {
    '404 NOT_FOUND': (attempt) => checkOut(attempt, { body: { address_id: newId() } }),
    '409 EMPTY_CART': (attempt) => ask(attempt),
    '409 INSUFFICIENT_STOCK': (attempt) =>
      checkOut(attempt, {
        meanwhile: async (product_id, customer) => {
          const change = { product_id, quantity_milli: 99_999_000, mode: 'set' } as const;
          await changeCart(asCustomer(attempt.stage.test, customer), change);
        },
      }),
    '409 PRODUCT_UNAVAILABLE': (attempt) =>
      checkOut(attempt, { meanwhile: (product_id) => takeOffSale(attempt, product_id) }),
    '409 PRICE_CHANGED': (attempt) => checkOut(attempt, { body: { expected_total: '1' } }),
    '409 LINE_TOO_SMALL': (attempt) =>
      checkOut(attempt, {
        meanwhile: (product_id) => shrinkLine(attempt, product_id),
      }),
    '409 UNPAID_LIMIT': (attempt) => checkOut(attempt, { through: attempt.stage.instances.narrow }),
    '503 SERVICE_UNAVAILABLE': (attempt) => {
      const { walletless } = attempt.stage.instances;
      return checkOut(attempt, { body: { payment_method: 'GCASH' }, through: walletless });
    },
  },
  'POST /orders/:id/cancel': {
    '409 INVALID_STATUS_TRANSITION': async (attempt) => {
      const { order } = await makeDeliveredSale(attempt.stage.test, bought(attempt));
      return ask(attempt, { names: order });
    },
  },
  'PATCH /orders/:id/status': {
    '409 INVALID_STATUS_TRANSITION': async (attempt) => {
      const { order } = await makeSale(attempt.stage.test, sold(attempt));
      return ask(attempt, { names: order, body: { order_status: 'DELIVERED' } });
    },
    '409 PAYMENT_REQUIRED': async (attempt) => {
      const { order } = await makeSale(attempt.stage.test, sold(attempt), 'GCASH');
      return ask(attempt, { names: order, body: { order_status: 'CONFIRMED' } });
    },
    '409 INSUFFICIENT_STOCK': async (attempt) => {
      const { test } = attempt.stage;
      const { order, product } = await makeSale(test, sold(attempt));
      await moveOrder(actingAs(test, attempt.me), order.id, { order_status: 'CONFIRMED' });
      await letRot(attempt, product.id);
      return ask(attempt, { names: order, body: { order_status: 'SHIPPED' } });
    },
  },

  'POST /payments/:id/refunds': {
    '409 CONFLICT': async (attempt) => {
      const { payment } = await makeSale(attempt.stage.test, others(attempt), 'GCASH');
      return ask(attempt, { names: payment });
    },
  },
  'POST /dev/payments/:payment_id/simulate': {
    '409 CONFLICT': async (attempt) => {
      const { test } = attempt.stage;
      const { order, payment } = await makeSale(test, bought(attempt), 'GCASH');
      await cancelOrder(asCustomer(test, attempt.me), order.id);
      return ask(attempt, { names: payment });
    },
  },
  'POST /webhooks/payments/:provider': {
    '400 VALIDATION_ERROR': (attempt) =>
      ask(attempt, { names: { id: 'simulator' }, suffix: '?surprise=1' }),
    '403 FORBIDDEN': (attempt) => ask(attempt, { names: { id: 'simulator' } }),
    // What has no signature does not reach the database.
    '500 INTERNAL_ERROR': (attempt) => sendWebhook(attempt, attempt.stage.instances.broken),
    '503 SERVICE_UNAVAILABLE': (attempt) => sendWebhook(attempt, attempt.stage.instances.cutOff),
  },
};

/** The body of a line for the cart: where the path names the product, it does not. */
function lineOf({ operation }: Attempt, product_id: string): object {
  return { quantity: '1', ...(operation.route.method === 'POST' ? { product_id } : {}) };
}

async function takeOffSale({ stage }: Attempt, id: string): Promise<void> {
  const ctx = actingAs(stage.test, stage.strangers.rival);
  await changeProduct(ctx, { id, changes: { is_active: false }, expected: undefined });
}

/** Leaves so little of a line that it costs nothing. */
async function shrinkLine({ stage: { test } }: Attempt, product_id: string): Promise<void> {
  await test.services.db
    .updateTable('cart_items')
    .set({ quantity_milli: 1 })
    .where('product_id', '=', product_id)
    .execute();
}

async function letRot({ stage: { test } }: Attempt, product_id: string): Promise<void> {
  const now = test.clock.now();
  await test.services.db
    .updateTable('lots')
    .set({ harvested_at: plusMs(now, -2 * DAY_MS), expires_at: plusMs(now, -DAY_MS) })
    .where('product_id', '=', product_id)
    .execute();
}

interface CheckOut {
  readonly body?: object;
  /** What happens after the product was put into the cart. */
  readonly meanwhile?: (product_id: string, customer: Customer) => Promise<void>;
  readonly through?: Instance;
}

/** Somebody orders one product; the rest of the request is right unless `body` says otherwise. */
async function checkOut(
  attempt: Attempt,
  { body, meanwhile = async () => {}, through = attempt.stage.test }: CheckOut,
) {
  const { test, strangers } = attempt.stage;
  const customer = await createCustomer(test);
  const { id } = await putInCart(test, { customer, seller: strangers.rival });
  await meanwhile(id, customer);
  const { address_id } = customer;
  const right = { address_id, payment_method: 'COD' };
  return ask(attempt, { by: customer, body: { ...right, ...body }, through });
}

async function sendWebhook(attempt: Attempt, through: Instance) {
  const { test, strangers } = attempt.stage;
  const { payment } = await makeSale(test, others(attempt), 'GCASH');
  const ctx = asCustomer(test, strangers.stranger);
  const { provider, rawBody, headers } = await simulatePayment(ctx, payment.id, 'success');
  return ask(attempt, {
    names: { id: provider },
    body: rawBody,
    headers: { ...headers, 'content-type': 'application/json' },
    through,
  });
}
