// The order that a cart becomes: one seller order a seller, with the prices and the commission of this moment.
import type { Config } from '../../../config.ts';
import type { GatewayFacts } from '../../../gateways/gateways.ts';
import { newId } from '../../../lib/ids.ts';
import { businessYear, MINUTE_MS, plusMs } from '../../../lib/time.ts';
import type { PostalAddress } from '../../addresses/addresses.service.ts';
import { walletUnavailable } from '../../payments/payments.errors.ts';
import type { PaymentMethod } from '../../payments/payments.rules.ts';
import type { PaymentRow } from '../../payments/payments.service.ts';
import type { OrderableLine } from '../../storefront/cart-lines.service.ts';
import {
  dueAfter,
  type LineTotals,
  orderNumber,
  type StepHours,
  totalsOf,
} from '../orders.rules.ts';
import type { OrderDetail, OrderRow, SellerOrderRow } from '../writing/orders.queries.ts';

export interface CheckoutInput {
  readonly address_id: string;
  readonly payment_method: PaymentMethod;
  /** Lines to order; the whole cart without it. */
  readonly cart_item_ids?: readonly string[] | undefined;
  readonly notes?: string | undefined;
  /** What the customer saw; another total refuses the order. */
  readonly expected_total_centavos?: number | undefined;
  /** Where the wallet sends the browser after success, and after anything else. */
  readonly return_url?: string | undefined;
  readonly cancel_url?: string | undefined;
}

/** What an order takes over from a line of the cart. */
type DraftLine = LineTotals &
  Pick<
    OrderableLine,
    | 'product_id'
    | 'product_name'
    | 'unit'
    | 'tax_class'
    | 'quantity_milli'
    | 'list_price_centavos'
    | 'unit_price_centavos'
    | 'promo_id'
    | 'seller_id'
    | 'commission_bps'
    | 'cash_collector'
  >;

/** What is agreed whatever the cart holds. */
export interface Terms {
  readonly now: Date;
  readonly config: StepHours & Pick<Config, 'COMMISSION_BPS' | 'PAYMENT_EXPIRY_MINUTES'>;
  readonly wallet: GatewayFacts['wallet'];
}

export interface Draft {
  readonly user_id: string;
  readonly input: CheckoutInput;
  readonly returns: Pick<PaymentRow, 'return_url' | 'cancel_url'>;
  readonly address: PostalAddress;
  /** The chosen lines, with what they cost. */
  readonly priced: readonly DraftLine[];
  readonly sequence: number;
}

/** @throws Problem SERVICE_UNAVAILABLE where no wallet takes the payment method */
export function draftOrder(terms: Terms, draft: Draft): OrderDetail {
  const { user_id, input, address, priced, sequence } = draft;
  const { now } = terms;
  const order: OrderRow = {
    id: newId(),
    order_number: orderNumber(businessYear(now), sequence),
    user_id,
    order_status: 'PENDING',
    ...totalsOf(priced),
    delivery_fee_centavos: 0,
    currency: 'PHP',
    shipping_address: { ...address },
    notes: input.notes ?? null,
    placed_at: now,
    updated_at: now,
    archived_at: null,
  };
  const sellerOrders = draftSellerOrders(terms, order, draft);
  const sellerOrderOf = new Map(
    sellerOrders.map((sellerOrder) => [sellerOrder.seller_id, sellerOrder.id]),
  );
  const items = priced.map((line) => ({
    id: newId(),
    order_id: order.id,
    seller_order_id: sellerOrderOf.get(line.seller_id) ?? '',
    seller_id: line.seller_id,
    product_id: line.product_id,
    product_name: line.product_name,
    unit: line.unit,
    tax_class: line.tax_class,
    quantity_milli: line.quantity_milli,
    list_price_centavos: line.list_price_centavos,
    unit_price_centavos: line.unit_price_centavos,
    subtotal_centavos: line.subtotal_centavos,
    line_total_centavos: line.line_total_centavos,
    promo_id: line.promo_id,
  }));
  return {
    order,
    sellerOrders,
    items,
    payment: draftPayment(terms, order, draft),
    isShare: false,
  };
}

function draftSellerOrders(
  { config }: Terms,
  order: OrderRow,
  { priced, input }: Draft,
): SellerOrderRow[] {
  // A wallet's customer has to pay first.
  const due_at =
    input.payment_method === 'COD' ? dueAfter('PENDING', order.placed_at, config) : null;
  const sellers = [...new Map(priced.map((line) => [line.seller_id, line])).values()];
  return sellers.map(({ seller_id, commission_bps, cash_collector }) => {
    const totals = totalsOf(priced.filter((line) => line.seller_id === seller_id));
    return {
      id: newId(),
      order_id: order.id,
      seller_id,
      order_status: 'PENDING',
      ...totals,
      commission_bps: commission_bps ?? config.COMMISSION_BPS,
      cash_collector: input.payment_method === 'COD' ? cash_collector : null,
      cash_session_id: null,
      due_centavos: totals.total_centavos,
      refunded_centavos: 0,
      placed_at: order.placed_at,
      updated_at: order.placed_at,
      delivered_at: null,
      due_at,
      reminded_at: null,
    };
  });
}

function draftPayment(
  { config, wallet }: Terms,
  order: OrderRow,
  { input, returns }: Draft,
): PaymentRow {
  const { payment_method } = input;
  const isWallet = payment_method !== 'COD';
  if (isWallet && !wallet?.capabilities.methods.includes(payment_method)) {
    throw walletUnavailable();
  }
  return {
    id: newId(),
    order_id: order.id,
    user_id: order.user_id,
    payment_method,
    payment_status: 'PENDING',
    amount_centavos: order.total_centavos,
    refunded_centavos: 0,
    currency: order.currency,
    provider: isWallet ? (wallet?.name ?? '') : 'cod',
    provider_reference: null,
    wallet_url: null,
    ...returns,
    created_at: order.placed_at,
    updated_at: order.placed_at,
    expires_at: isWallet
      ? plusMs(order.placed_at, config.PAYMENT_EXPIRY_MINUTES * MINUTE_MS)
      : null,
    completed_at: null,
    asked_at: null,
  };
}
