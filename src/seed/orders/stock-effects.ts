// What a demo order does to lots: reserved, sold, given back or written off, as fulfilment does it.
import type { RowsByTable, WholeRow } from '../../db/insert-together.ts';
import type { Random } from '../random.ts';
import { type Movement, moveStock, type StockRows } from '../stock.ts';
import type { Line, Move, OrderDraft, Part } from './draft.ts';
import { deliveredAt, findMove, moverId } from './order-rows.ts';

type Deed = Pick<Movement, 'reason' | 'actor_id' | 'created_at'> & { readonly sign: 1 | -1 };

type AllocationState = WholeRow<'order_item_allocations'>['state'];

/** Allocations of the order; its movements go to `rows`. */
export function applyToStock(
  order: OrderDraft,
  admin_id: string,
  made: { random: Random; rows: StockRows },
): RowsByTable {
  const order_item_allocations = order.parts.flatMap((part) => {
    const state = allocationState(order, part);
    const deeds = deedsOf(order, part, admin_id);
    return part.lines.flatMap((line) => fillLine(order, line, { state, deeds, made }));
  });
  return { order_item_allocations };
}

function fillLine(
  order: OrderDraft,
  line: Line,
  fate: {
    state: AllocationState;
    deeds: readonly Deed[];
    made: { random: Random; rows: StockRows };
  },
) {
  const { state, deeds, made } = fate;
  return line.taken.map(({ lot, quantity_milli }) => {
    if (state === 'RESERVED') lot.reserved_milli += quantity_milli;
    for (const { sign, ...deed } of deeds) {
      moveStock(
        lot,
        { ...deed, delta_milli: sign * quantity_milli, reference: order.order_number },
        made,
      );
    }
    return {
      id: made.random.id(order.placed_at),
      order_item_id: line.id,
      lot_id: lot.id,
      quantity_milli,
      state,
    };
  });
}

function allocationState(order: OrderDraft, part: Part): AllocationState {
  const cancelled = findMove(part, 'CANCELLED');
  if (cancelled !== undefined) return wasOnTheRoad(cancelled) ? 'WRITTEN_OFF' : 'RELEASED';
  return order.paid_at !== null || deliveredAt(part) !== null ? 'SOLD' : 'RESERVED';
}

function wasOnTheRoad(cancelled: Move): boolean {
  return cancelled.from === 'SHIPPED';
}

/** Movements of each allocation of a part. */
function deedsOf(order: OrderDraft, part: Part, admin_id: string): Deed[] {
  const { paid_at } = order;
  const cancelled = findMove(part, 'CANCELLED');
  if (paid_at !== null) {
    const sale: Deed = { reason: 'SALE', sign: -1, actor_id: null, created_at: paid_at };
    return cancelled === undefined ? [sale] : [sale, ...undoSale(cancelled)];
  }
  if (cancelled !== undefined) {
    return wasOnTheRoad(cancelled) ? [by(cancelled, { reason: 'SPOILAGE', sign: -1 })] : [];
  }
  const delivered = findMove(part, 'DELIVERED');
  return delivered === undefined ? [] : [by(delivered, { reason: 'SALE', sign: -1 })];

  function undoSale(move: Move): Deed[] {
    if (!wasOnTheRoad(move)) return [by(move, { reason: 'RESTOCK', sign: 1 })];
    return [by(move, { reason: 'RETURN', sign: 1 }), by(move, { reason: 'SPOILAGE', sign: -1 })];
  }

  function by(move: Move, deed: Pick<Deed, 'reason' | 'sign'>): Deed {
    return {
      ...deed,
      actor_id: moverId(move.mover, { order, part, admin_id }),
      created_at: move.at,
    };
  }
}
