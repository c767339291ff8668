// Orders as their decisions see them, for tests: what a test says nothing of is an order of one seller, paid in cash.
import type { Actor } from '../../../context.ts';
import { HOUR_MS, plusMs } from '../../../lib/time.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';
import { orderStatusOf } from '../orders.rules.ts';
import type { SellerOrderRow } from '../writing/orders.queries.ts';
import type { Circumstances, OrderState } from './effects.rules.ts';

export const PLACED_AT = new Date('2026-03-02T01:50:00.000Z');
export const NOW = plusMs(PLACED_AT, HOUR_MS);
const HOURS = { ORDER_CONFIRM_HOURS: 12, ORDER_SHIP_HOURS: 24 };

/** One of the order's seller orders, of 100.00; its seller is `seller-<id>`. */
export function sellerOrder(
  id: string,
  { total_centavos = 10_000, ...of }: Partial<SellerOrderRow> = {},
): SellerOrderRow {
  return {
    id,
    order_id: 'order',
    seller_id: `seller-${id}`,
    order_status: 'PENDING',
    subtotal_centavos: total_centavos,
    discount_centavos: 0,
    total_centavos,
    due_centavos: total_centavos,
    refunded_centavos: 0,
    commission_bps: 1_000,
    cash_collector: 'SELLER',
    cash_session_id: null,
    placed_at: PLACED_AT,
    updated_at: PLACED_AT,
    delivered_at: null,
    due_at: null,
    reminded_at: null,
    ...of,
  };
}

/** The order of these seller orders; its payment asks for what is due for them. */
export function orderState(
  sellerOrders: readonly SellerOrderRow[] = [sellerOrder('a')],
  payment: Partial<PaymentRow> = {},
): OrderState {
  const sumOf = (of: (one: SellerOrderRow) => number) =>
    sellerOrders.reduce((sum, one) => sum + of(one), 0);
  const total_centavos = sumOf((one) => one.total_centavos);
  const isCash = (payment.payment_method ?? 'COD') === 'COD';
  return {
    order: {
      id: 'order',
      order_number: 'OID-2026-000001',
      user_id: 'customer',
      order_status: orderStatusOf(sellerOrders.map((one) => one.order_status)),
      subtotal_centavos: total_centavos,
      discount_centavos: 0,
      delivery_fee_centavos: 0,
      total_centavos,
      currency: 'PHP',
      shipping_address: {},
      notes: null,
      placed_at: PLACED_AT,
      updated_at: PLACED_AT,
      archived_at: null,
    },
    sellerOrders: sellerOrders.map((one) => (isCash ? one : { ...one, cash_collector: null })),
    payment: {
      id: 'payment',
      order_id: 'order',
      user_id: 'customer',
      payment_method: 'COD',
      payment_status: 'PENDING',
      amount_centavos: sumOf((one) => one.due_centavos),
      refunded_centavos: sumOf((one) => one.refunded_centavos),
      currency: 'PHP',
      provider: isCash ? 'cod' : 'simulator',
      provider_reference: null,
      wallet_url: null,
      return_url: null,
      cancel_url: null,
      created_at: PLACED_AT,
      updated_at: PLACED_AT,
      expires_at: isCash ? null : plusMs(PLACED_AT, HOUR_MS),
      completed_at: null,
      asked_at: null,
      ...payment,
    },
  };
}

function user(of: Partial<Extract<Actor, { kind: 'user' }>>): Actor {
  return {
    kind: 'user',
    user_id: 'somebody',
    session_id: 'session',
    role: 'customer',
    is_verified: true,
    has_mfa: false,
    proven_at: PLACED_AT,
    ...of,
  };
}

export const CUSTOMER = user({ user_id: 'customer' });
export const ADMIN = user({ user_id: 'admin', role: 'admin' });
export const STRANGER = user({ user_id: 'stranger' });
/** The seller of `sellerOrder(id)`. */
export const sellerOf = (id: string) =>
  user({
    user_id: `owner-${id}`,
    role: 'seller',
    seller: { id: `seller-${id}`, status: 'VERIFIED' },
  });

export function as(actor: Actor = { kind: 'system' }, now: Date = NOW): Circumstances {
  return { actor, now, hours: HOURS };
}
