// Checkout: the cart becomes an order, its stock reserved, its price fixed and its books opened, in one transaction.
import { type Ctx, signedIn, type TxCtx } from '../../context.ts';
import { insertTogether } from '../../db/insert-together.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { formatMoney } from '../../lib/money.ts';
import { invalidField, Problem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { formatQuantity } from '../../lib/quantity.ts';
import { businessYear, MINUTE_MS, plusMs } from '../../lib/time.ts';
import { getOwnAddress, type PostalAddress } from '../addresses/addresses.service.ts';
import { auditRow } from '../audit/audit.service.ts';
import { holdCart, takeFromCart } from '../carts/carts.service.ts';
import {
  type Allocation,
  holdStock,
  reserveStock,
  type Shortage,
} from '../inventory/allocation.service.ts';
import { books, journalRows } from '../ledger/ledger.service.ts';
import { eventRows } from '../notifications/notifications.service.ts';
import type { PaymentMethod } from '../payments/payments.rules.ts';
import type { PaymentRow } from '../payments/payments.service.ts';
import { returnAddress } from '../payments/return-addresses.rules.ts';
import type { CartLine, OrderableLine } from '../storefront/cart-lines.service.ts';
import { requireBuyable, requireLeastAmounts } from './buyable.service.ts';
import { EMPTY_CART, INSUFFICIENT_STOCK, PRICE_CHANGED } from './orders.errors.ts';
import type { EventRow, OrderRow, OrderWhole, PartRow } from './orders.queries.ts';
import { dueAfter, lineTotals, orderNumber, totalsOf } from './orders.rules.ts';
import { requireFairShare, requireUnpaidRoom } from './unpaid.service.ts';

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

/**
 * Places one order from the caller's cart. Nothing is written where it refuses.
 * @throws Problem EMPTY_CART, PRODUCT_UNAVAILABLE, LINE_TOO_SMALL, PRICE_CHANGED, INSUFFICIENT_STOCK, UNPAID_LIMIT, NOT_FOUND for an unknown address, VALIDATION_ERROR for an unknown line
 */
export function placeOrder(ctx: Ctx, input: CheckoutInput): Promise<OrderWhole> {
  const { user_id } = signedIn(ctx);
  const returns = {
    return_url: returnAddress(ctx.config, input.return_url, '/return_url'),
    cancel_url: returnAddress(ctx.config, input.cancel_url, '/cancel_url'),
  };
  return inTransaction(ctx, async (ctx) => {
    const lines = chosenLines(await holdCart(ctx, user_id), input.cart_item_ids);
    requireBuyable(ctx, lines);
    requireLeastAmounts(lines);
    const address = await getOwnAddress(ctx, input.address_id);
    const priced = lines.map((line) => ({ ...line, ...lineTotals(line) }));
    const totals = totalsOf(priced);
    requireUnpaidRoom(ctx, lines[0], totals.total_centavos);
    const allocations = await reserve(ctx, lines);
    // After the stock: what the cart's total left out as short is named as short.
    requireExpectedTotal(input.expected_total_centavos, totals.total_centavos);
    const sequence = await takeFromCart(ctx, lines);
    const whole = draftOrder(ctx, { user_id, input, returns, address, priced, sequence });
    await insertTogether(ctx.db, {
      ...rowsOf(ctx, whole),
      order_item_allocations: allocationRows(whole, allocations),
    });
    return whole;
  });
}

type PricedCartLine = OrderableLine & ReturnType<typeof lineTotals>;

function chosenLines(
  cart: readonly OrderableLine[],
  ids: readonly string[] | undefined,
): [OrderableLine, ...OrderableLine[]] {
  const lines = ids === undefined ? [...cart] : cart.filter((line) => ids.includes(line.id));
  const [first, ...others] = lines;
  if (first === undefined) throw new Problem(EMPTY_CART, 'Put something into the cart first.');
  if (ids !== undefined && lines.length < new Set(ids).size) {
    throw invalidField('/cart_item_ids', 'must name lines of your cart only');
  }
  return [first, ...others];
}

function requireExpectedTotal(expected: number | undefined, total: number): void {
  if (expected === undefined || expected === total) return;
  throw new Problem(
    PRICE_CHANGED,
    `The total is now ${formatMoney(total)}, not ${formatMoney(expected)}. Look at the cart again.`,
    {
      members: { total_amount: formatMoney(total) },
    },
  );
}

async function reserve(
  ctx: TxCtx,
  lines: readonly OrderableLine[],
): Promise<readonly Allocation[]> {
  await holdStock(
    ctx,
    lines.map((line) => line.product_id),
  );
  const { allocations, shortages, available } = await reserveStock(ctx, lines);
  if (shortages.length > 0) throw insufficientStock(lines, shortages);
  requireFairShare(ctx, lines, available);
  return allocations;
}

/** Names each product that is short and what is left of it. */
function insufficientStock(lines: readonly CartLine[], shortages: readonly Shortage[]): Problem {
  const products = shortages.map(({ product_id, available_milli }) => {
    const line = lines.find((candidate) => candidate.product_id === product_id);
    return {
      product_id,
      product_name: line?.product_name ?? '',
      available_quantity: formatQuantity(available_milli),
      unit: line?.unit ?? '',
    };
  });
  const words = products
    .map((p) => `${p.product_name}: ${p.available_quantity} ${p.unit} left`)
    .join('; ');
  return new Problem(INSUFFICIENT_STOCK, `Not enough in stock. ${words}.`, {
    members: { products },
  });
}

interface Draft {
  readonly user_id: string;
  readonly input: CheckoutInput;
  readonly returns: Pick<PaymentRow, 'return_url' | 'cancel_url'>;
  readonly address: PostalAddress;
  readonly priced: readonly PricedCartLine[];
  readonly sequence: number;
}

function draftOrder(ctx: Ctx, draft: Draft): OrderWhole {
  const { user_id, input, address, priced, sequence } = draft;
  const now = ctx.clock.now();
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
  const parts = draftParts(ctx, order, draft);
  const partOf = new Map(parts.map((part) => [part.seller_id, part.id]));
  const items = priced.map((line) => ({
    id: newId(),
    order_id: order.id,
    seller_order_id: partOf.get(line.seller_id) ?? '',
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
    parts,
    items,
    payment: draftPayment(ctx, order, draft),
    isShare: false,
  };
}

function draftParts(ctx: Ctx, order: OrderRow, { priced, input }: Draft): PartRow[] {
  // A wallet's customer has to pay first.
  const due_at =
    input.payment_method === 'COD' ? dueAfter('PENDING', order.placed_at, ctx.config) : null;
  const sellers = [...new Map(priced.map((line) => [line.seller_id, line])).values()];
  return sellers.map(({ seller_id, commission_bps }) => {
    const totals = totalsOf(priced.filter((line) => line.seller_id === seller_id));
    return {
      id: newId(),
      order_id: order.id,
      seller_id,
      order_status: 'PENDING',
      ...totals,
      commission_bps: commission_bps ?? ctx.config.COMMISSION_BPS,
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

function draftPayment(ctx: Ctx, order: OrderRow, { input, returns }: Draft): PaymentRow {
  const { payment_method } = input;
  const isWallet = payment_method !== 'COD';
  const { wallet } = ctx.gateways;
  if (isWallet && !wallet?.capabilities.methods.includes(payment_method)) {
    throw new Problem(
      SERVICE_UNAVAILABLE,
      'Wallet payments are not available at the moment; choose COD.',
    );
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
      ? plusMs(order.placed_at, ctx.config.PAYMENT_EXPIRY_MINUTES * MINUTE_MS)
      : null,
    completed_at: null,
    asked_at: null,
  };
}

function rowsOf(ctx: TxCtx, { order, parts, items, payment }: OrderWhole) {
  const order_events: EventRow[] = parts.map((part) => ({
    id: newId(),
    order_id: order.id,
    seller_order_id: part.id,
    actor_id: order.user_id,
    actor_role: 'customer',
    from_status: null,
    to_status: 'PENDING',
    reason: null,
    created_at: order.placed_at,
  }));
  return {
    orders: [order],
    seller_orders: parts,
    order_items: items.map(({ seller_id: _seller, ...item }) => item),
    payments: [payment],
    order_events,
    ...journalRows(ctx, [books.orderPlaced(order.id, parts)]),
    audit_entries: [
      auditRow(ctx, {
        action: 'order.placed',
        object_type: 'order',
        object_id: order.id,
        called: order.order_number,
        changes: { order_status: [null, 'PENDING'], total_centavos: [null, order.total_centavos] },
      }),
    ],
    outbox_messages: eventRows(ctx, [{ topic: 'order.placed', payload: { order_id: order.id } }]),
  };
}

function allocationRows(whole: OrderWhole, allocations: readonly Allocation[]) {
  const itemOf = new Map(whole.items.map((item) => [item.product_id, item.id]));
  return allocations.map(({ lot_id, product_id, quantity_milli }) => ({
    id: newId(),
    order_item_id: itemOf.get(product_id) ?? '',
    lot_id,
    quantity_milli,
    state: 'RESERVED' as const,
  }));
}
