// What must hold of lots, their movements and what is reserved of them.
import type { Invariant } from '../../db/invariants/invariant.ts';

export const inventoryInvariants: readonly Invariant[] = [
  {
    name: 'stock is never negative and never reserved beyond what is on hand',
    sql: `SELECT format('lot %s has %s on hand, %s reserved', id, on_hand_milli, reserved_milli) AS detail
      FROM lots WHERE on_hand_milli < 0 OR reserved_milli < 0 OR reserved_milli > on_hand_milli`,
  },
  {
    name: 'stock on hand is the sum of its movements',
    sql: `SELECT format('lot %s has %s on hand, movements say %s', l.id, l.on_hand_milli, coalesce(m.total, 0)) AS detail
      FROM lots l
      LEFT JOIN (SELECT lot_id, sum(delta_milli) AS total FROM stock_movements GROUP BY lot_id) m ON m.lot_id = l.id
      WHERE l.on_hand_milli <> coalesce(m.total, 0)`,
  },
  {
    name: 'reserved stock is what open orders hold',
    sql: `SELECT format('lot %s has %s reserved, orders hold %s', l.id, l.reserved_milli, coalesce(a.total, 0)) AS detail
      FROM lots l
      LEFT JOIN (
        SELECT lot_id, sum(quantity_milli) AS total FROM order_item_allocations WHERE state = 'RESERVED' GROUP BY lot_id
      ) a ON a.lot_id = l.id
      WHERE l.reserved_milli <> coalesce(a.total, 0)`,
  },
  {
    name: 'movements and allocations are of the product of their lot',
    sql: `SELECT format('movement %s', m.id) AS detail
      FROM stock_movements m JOIN lots l ON l.id = m.lot_id WHERE l.product_id <> m.product_id
      UNION ALL
      SELECT format('allocation %s', a.id)
      FROM order_item_allocations a JOIN order_items i ON i.id = a.order_item_id JOIN lots l ON l.id = a.lot_id
      WHERE l.product_id <> i.product_id`,
  },
];
