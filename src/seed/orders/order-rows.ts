// Rows of the order itself: order, parts, lines and history.
import type { RowsByTable } from '../../db/insert-together.ts';
import { dueAfter, type Mover } from '../../modules/orders/orders.rules.ts';
import { ORDER_NOTES } from '../data/names.ts';
import type { Random } from '../random.ts';
import { latest } from '../seeding.ts';
import type { Line, Move, OrderDraft, Part } from './draft.ts';

const NOTED = 0.1;
/** As the API's defaults. */
const STEP_HOURS = { ORDER_CONFIRM_HOURS: 24, ORDER_SHIP_HOURS: 72 };

export function orderRows(random: Random, order: OrderDraft, admin_id: string): RowsByTable {
  const { id, order_number, buyer, placed_at, status, parts } = order;
  const sum = (key: 'subtotal_centavos' | 'discount_centavos' | 'total_centavos') =>
    parts.reduce((total, part) => total + part[key], 0);
  const row = {
    id,
    order_number,
    user_id: buyer.user.id,
    order_status: status,
    subtotal_centavos: sum('subtotal_centavos'),
    discount_centavos: sum('discount_centavos'),
    delivery_fee_centavos: 0,
    total_centavos: sum('total_centavos'),
    currency: 'PHP',
    shipping_address: shippingAddress(order),
    notes: random.chance(NOTED) ? random.pick(ORDER_NOTES) : null,
    placed_at,
    updated_at: latest(parts.map((part) => part.moves.at(-1)?.at ?? placed_at)),
    archived_at: null,
  };
  return {
    orders: [row],
    seller_orders: parts.map((part) => partRow(order, part)),
    order_items: parts.flatMap((part) => part.lines.map((line) => itemRow(part, line))),
    order_events: parts.flatMap((part) => eventRows(random, order, { part, admin_id })),
  };
}

function shippingAddress({ buyer: { address, place } }: OrderDraft) {
  const { label, recipient_name, recipient_phone, street, landmark, zip_code } = address;
  return { label, recipient_name, recipient_phone, street, landmark, zip_code, ...place };
}

function partRow(order: OrderDraft, part: Part) {
  const { placed_at, paid_at, method } = order;
  const { id, order_id, seller_id, status, commission_bps, moves } = part;
  const { subtotal_centavos, discount_centavos, total_centavos } = part;
  return {
    id,
    order_id,
    seller_id,
    order_status: status,
    subtotal_centavos,
    discount_centavos,
    total_centavos,
    commission_bps,
    due_centavos: method === 'COD' && status === 'CANCELLED' ? 0 : total_centavos,
    refunded_centavos: paid_at !== null && isGivenBack(part) ? total_centavos : 0,
    placed_at,
    updated_at: moves.at(-1)?.at ?? placed_at,
    delivered_at: deliveredAt(part),
    due_at: dueAt(order, part),
    reminded_at: null,
  };
}

/** Nothing is due while the buyer has to pay. */
function dueAt({ method, placed_at, paid_at }: OrderDraft, { status, moves }: Part): Date | null {
  if (status === 'PENDING' && method !== 'COD' && paid_at === null) return null;
  return dueAfter(status, moves.at(-1)?.at ?? paid_at ?? placed_at, STEP_HOURS);
}

function isGivenBack({ status }: Part): boolean {
  return status === 'CANCELLED' || status === 'REFUNDED';
}

function itemRow(part: Part, line: Line) {
  const { name, unit, tax_class } = line.product.row;
  const {
    quantity_milli,
    list_price_centavos,
    unit_price_centavos,
    subtotal_centavos,
    line_total_centavos,
  } = line;
  return {
    id: line.id,
    order_id: part.order_id,
    seller_order_id: part.id,
    product_id: line.product.id,
    product_name: name,
    unit,
    tax_class,
    quantity_milli,
    list_price_centavos,
    unit_price_centavos,
    subtotal_centavos,
    line_total_centavos,
    promo_id: line.promo_id,
  };
}

function eventRows(random: Random, order: OrderDraft, about: { part: Part; admin_id: string }) {
  const { part, admin_id } = about;
  const placed = {
    from: null,
    to: 'PENDING',
    mover: 'customer',
    reason: null,
    at: order.placed_at,
  } as const;
  return [placed, ...part.moves].map(({ from, to, mover, reason, at }) => ({
    id: random.id(at),
    order_id: order.id,
    seller_order_id: part.id,
    actor_id: moverId(mover, { order, part, admin_id }),
    actor_role: mover,
    from_status: from,
    to_status: to,
    reason,
    created_at: at,
  }));
}

/** The user behind a mover; nobody behind the system. */
export function moverId(
  mover: Mover,
  about: { order: OrderDraft; part: Part; admin_id: string },
): string | null {
  const users = {
    customer: about.order.buyer.user.id,
    seller: about.part.seller.user.id,
    admin: about.admin_id,
    system: null,
  };
  return users[mover];
}

export function findMove(part: Part, to: Move['to']): Move | undefined {
  return part.moves.find((move) => move.to === to);
}

export function deliveredAt(part: Part): Date | null {
  return findMove(part, 'DELIVERED')?.at ?? null;
}
