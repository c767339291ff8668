-- Harvests and what became of them: as much as was sold of each came in beside what is left, and what nobody bought went.
-- What is on hand follows from the movements.

CREATE UNLOGGED TABLE seed.taken AS
SELECT line.*, seed.id('allocation', line_n, line.placed_at) AS allocation_id, part_n, allocation_state
FROM seed.line JOIN seed.deal USING (n, seller_i);

CREATE UNLOGGED TABLE seed.moved AS
SELECT line_n, product_n, harvest, m.i, m.sign * quantity_milli AS delta_milli, m.reason, order_number AS reference,
  seed.user_of(mover, deal) AS actor_id, at
FROM seed.taken JOIN seed.deal USING (n, part_n) JOIN seed.order_number USING (n)
JOIN seed.fate_movement m USING (scenario, is_cash, is_first) JOIN seed.moment USING (part_n, step);

-- Only harvests that matter are there: those sold from, and the last of each product.
CREATE UNLOGGED TABLE seed.lot AS
SELECT l.*, lot_n, p.id AS product_id, seller.user_id AS seller_user_id, p.harvested_milli + l.taken_milli AS brought_milli,
  harvested_at, e.created_at, expires_at,
  CASE WHEN harvest = 0 AND is_demo THEN (seed.demo() ->> 'lot_id')::uuid ELSE seed.id('lot', lot_n, e.created_at) END AS id,
  -- What a cancelled order gave back may have come after the lot's end.
  greatest(moved_at, e.created_at, least(expires_at, seed.now())) AS cleared_at,
  CASE WHEN harvest = 0 THEN state = 'sold_out' ELSE NOT (keeps_older_lots AND expires_at > seed.now()) END AS is_cleared
FROM (
  SELECT product_n, harvest, sum(taken_milli) AS taken_milli, sum(reserved_milli) AS reserved_milli,
    sum(delta_milli) AS delta_milli, max(at) AS moved_at
  FROM (
    SELECT product_n, harvest, quantity_milli AS taken_milli,
      CASE WHEN allocation_state = 'RESERVED' THEN quantity_milli ELSE 0 END AS reserved_milli, 0 AS delta_milli, NULL::timestamptz AS at
    FROM seed.taken
    UNION ALL SELECT product_n, harvest, 0, 0, delta_milli, at FROM seed.moved
    UNION ALL SELECT n, 0, 0, 0, 0, NULL FROM seed.product
  ) drawn GROUP BY product_n, harvest
) l
JOIN seed.product p ON p.n = product_n
JOIN seed.seller ON seller.i = p.seller_i
CROSS JOIN LATERAL (
  SELECT seed.at(last_ms + harvest * gap_ms) AS harvested_at, slot = 0 AND p.seller_i = 1 AS is_demo,
    product_n::bigint * 1024 + harvest AS lot_n
) h
CROSS JOIN LATERAL (
  SELECT harvested_at + interval '2 hours' AS created_at, harvested_at + interval '1 ms' * shelf_ms AS expires_at
) e;
CREATE UNIQUE INDEX ON seed.lot (product_n, harvest);
ANALYZE seed.lot, seed.taken, seed.moved;

INSERT INTO lots (id, product_id, harvested_at, expires_at, created_at)
SELECT id, product_id, harvested_at, expires_at, created_at FROM seed.lot ORDER BY product_n, harvest;

INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, reference, actor_id, created_at)
SELECT seed.id('harvest', lot_n, created_at), id, product_id, brought_milli, 'HARVEST', NULL, seller_user_id, created_at
FROM seed.lot
UNION ALL
SELECT seed.id('movement', line_n * 8 + i, at), lot.id, product_id, m.delta_milli, reason, reference, actor_id, at
FROM seed.moved m JOIN seed.lot USING (product_n, harvest)
UNION ALL
SELECT seed.id('leftover', lot_n, cleared_at), id, product_id, reserved_milli - brought_milli - delta_milli,
  CASE WHEN is_market THEN 'OTHER' ELSE 'SPOILAGE' END, CASE WHEN is_market THEN 'Sold at the town market' END,
  seller_user_id, cleared_at
FROM seed.lot CROSS JOIN LATERAL (SELECT seed.chance(0.75, lot_n, 'leftover') AS is_market) m
WHERE is_cleared AND brought_milli + delta_milli > reserved_milli;

UPDATE lots SET reserved_milli = lot.reserved_milli FROM seed.lot WHERE lot.id = lots.id AND lot.reserved_milli > 0;

INSERT INTO order_item_allocations (id, order_item_id, lot_id, quantity_milli, state)
SELECT allocation_id, taken.id, lot.id, quantity_milli, allocation_state FROM seed.taken JOIN seed.lot USING (product_n, harvest);
