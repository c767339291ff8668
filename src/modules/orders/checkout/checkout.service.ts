// Checkout: the cart becomes an order, its stock reserved, its price fixed and its total booked, in one transaction.
import { type Ctx, signedIn, type TxCtx } from '../../../context.ts';
import { insertTogether } from '../../../db/insert-together.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { invalidField } from '../../../lib/problem.ts';
import { getOwnAddress } from '../../addresses/addresses.service.ts';
import { auditRow } from '../../audit/audit.service.ts';
import { holdCart, takeFromCart } from '../../carts/carts.service.ts';
import { type Allocation, holdStock, reserveStock } from '../../inventory/allocation.service.ts';
import { orderPlaced } from '../../ledger/ledger.rules.ts';
import { journalRows } from '../../ledger/ledger.service.ts';
import { eventRows } from '../../notifications/notifications.service.ts';
import { returnAddress } from '../../payments/return-addresses.rules.ts';
import type { OrderableLine } from '../../storefront/cart-lines.service.ts';
import { lineTotals, totalsOf } from '../orders.rules.ts';
import { emptyCart, priceChanged } from '../refusals/checkout.errors.ts';
import { insufficientStock } from '../refusals/stock.errors.ts';
import type { EventRow, OrderDetail } from '../writing/orders.queries.ts';
import { requireBuyable, requireLeastAmounts } from './buyable.service.ts';
import { type CheckoutInput, draftOrder } from './order-draft.rules.ts';
import { requireFairShare, requireUnpaidRoom } from './unpaid.service.ts';

/**
 * Places one order from the caller's cart. Nothing is written where it refuses.
 * @throws Problem EMPTY_CART, PRODUCT_UNAVAILABLE, LINE_TOO_SMALL, PRICE_CHANGED, INSUFFICIENT_STOCK, UNPAID_LIMIT, NOT_FOUND for an unknown address, VALIDATION_ERROR for an unknown line
 */
export function placeOrder(ctx: Ctx, input: CheckoutInput): Promise<OrderDetail> {
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
    const { expected_total_centavos = totals.total_centavos } = input;
    if (expected_total_centavos !== totals.total_centavos)
      throw priceChanged(expected_total_centavos, totals.total_centavos);
    const sequence = await takeFromCart(ctx, lines);
    const terms = { now: ctx.clock.now(), config: ctx.config, wallet: ctx.gateways.wallet };
    const detail = draftOrder(terms, { user_id, input, returns, address, priced, sequence });
    await insertTogether(ctx.db, {
      ...rowsOf(ctx, detail),
      order_item_allocations: allocationRows(detail, allocations),
    });
    return detail;
  });
}

function chosenLines(
  cart: readonly OrderableLine[],
  ids: readonly string[] | undefined,
): [OrderableLine, ...OrderableLine[]] {
  const lines = ids === undefined ? [...cart] : cart.filter((line) => ids.includes(line.id));
  const [first, ...others] = lines;
  if (first === undefined) throw emptyCart();
  if (ids !== undefined && lines.length < new Set(ids).size) {
    throw invalidField('/cart_item_ids', 'must name lines of your cart only');
  }
  return [first, ...others];
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

function rowsOf(ctx: TxCtx, { order, sellerOrders, items, payment }: OrderDetail) {
  const order_events: EventRow[] = sellerOrders.map((sellerOrder) => ({
    id: newId(),
    order_id: order.id,
    seller_order_id: sellerOrder.id,
    actor_id: order.user_id,
    actor_role: 'customer',
    from_status: null,
    to_status: 'PENDING',
    reason: null,
    created_at: order.placed_at,
  }));
  return {
    orders: [order],
    seller_orders: sellerOrders,
    order_items: items.map(({ seller_id: _seller, ...item }) => item),
    payments: [payment],
    order_events,
    ...journalRows(ctx, [orderPlaced(order.id, sellerOrders)]),
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

function allocationRows(detail: OrderDetail, allocations: readonly Allocation[]) {
  const itemOf = new Map(detail.items.map((item) => [item.product_id, item.id]));
  return allocations.map(({ lot_id, product_id, quantity_milli }) => ({
    id: newId(),
    order_item_id: itemOf.get(product_id) ?? '',
    lot_id,
    quantity_milli,
    state: 'RESERVED' as const,
  }));
}
