-- Harvest lots, the newest of a product with the number 1, and the movements whose sum is on hand.

CREATE TEMPORARY TABLE harvest ON COMMIT DROP AS
SELECT p.n, i, p.n * 512 + i AS lot_n,
  market.now() - interval '1 day' * (i - 1) * 4 - interval '1 day' * p.shelf_life_days * 1.2 * market.noise(p.n * 512 + i, 41) AS harvested_at,
  p.shelf_life_days,
  -- The first products are always well stocked: orders lean on them.
  CASE WHEN i = 1 AND (p.n <= 1000 OR market.noise(p.n, 42) < 0.85) THEN 500000 + 1000 * (p.n % 50) ELSE 0 END AS left_milli
FROM (SELECT n, 3 + n % 25 AS shelf_life_days FROM generate_series(1, market.products()) n) p
CROSS JOIN LATERAL generate_series(1, CASE WHEN p.n = 1 THEN 400 ELSE market.skewed(p.n, 43, 4) END) i;

INSERT INTO lots (id, product_id, harvested_at, expires_at, on_hand_milli, created_at)
SELECT market.id('lot', lot_n), market.id('product', n), harvested_at,
  harvested_at + interval '1 day' * CASE WHEN n <= 1000 AND i = 1 THEN 60 ELSE shelf_life_days END, left_milli, harvested_at
FROM harvest;

INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, created_at)
SELECT market.id('harvest', lot_n), market.id('lot', lot_n), market.id('product', n), left_milli + 20000, 'HARVEST', harvested_at FROM harvest
UNION ALL
SELECT market.id('spoilage', lot_n), market.id('lot', lot_n), market.id('product', n), -20000, 'SPOILAGE', harvested_at + interval '2 days' FROM harvest;
