-- Ninety days of orders: who bought what of whom, from which harvest, and what became of it when.

-- A product by its popularity: few sell often, most hardly ever. The demo seller's have orders of their own.
CREATE FUNCTION seed.popular(n bigint, what text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1 + (seed.skewed(seed.products() - 20, n, what)::bigint * 7368787 % (seed.products() - 20))::integer;

-- Harvests are counted back from a product's last. An order of `at_ms` ago gets the soonest to expire of those that keep past
-- delivery, or past today where it waits for it, if that was for sale by then: two hours after it came in.
CREATE FUNCTION seed.harvest(product seed.product, at_ms bigint, ends_open boolean) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN least(floor((product.listed_ms - product.last_ms)::float8 / product.gap_ms), ceil((product.shelf_ms - product.last_ms
    + CASE WHEN ends_open THEN seed.days(-20 / 24.0) ELSE at_ms - seed.days((12 + product.handling_hours) / 24.0) END
  )::float8 / product.gap_ms) - 1)::integer;
CREATE FUNCTION seed.newest_harvest(product seed.product, at_ms bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN greatest(0, ceil((at_ms + seed.days(2 / 24.0) - product.last_ms)::float8 / product.gap_ms))::integer;

-- What is planned. All states of the demo seller's orders are there twice: the demo customer's, and those of another customer.
CREATE UNLOGGED TABLE seed.draft AS
SELECT drafts.*, ends_open
FROM (
  SELECT (row_number() OVER ())::integer AS g,
    CASE WHEN turn = 0 THEN 1 ELSE 2 + seed.even(customers - 1, 0, 'other customer') END AS customer_i, scenario, 1 AS of_seller_i,
    age_ms + turn * 60000 * (1 + seed.even(3, age_ms, 'minutes')) AS age_ms, is_named AND turn = 0 AS is_named
  FROM seed.demo_order, generate_series(0, 1) turn, (SELECT count(*)::integer AS customers FROM seed.customer) counted
  UNION ALL
  SELECT g, customer_i, scenario, CASE WHEN age_ms < seed.days(25) AND seed.chance(0.1, g, 'demo seller') THEN 1 END, age_ms, false
  FROM (
    -- More of them are recent than old.
    SELECT g, 2 + seed.skewed(customers - 1, g, 'customer') AS customer_i,
      1200000 + floor(power(seed.noise(g, 'age of order'), 1.3) * (seed.days(90) - 1200000))::bigint AS age_ms
    FROM (SELECT count(*)::integer AS customers FROM seed.customer) counted,
      generate_series(1 + (SELECT count(*)::integer * 2 FROM seed.demo_order), seed.orders()) g
  ) random
  JOIN seed.scenario s ON age_ms >= s.from_ms AND age_ms < s.to_ms
    AND seed.noise(g, 'scenario') >= s.low AND seed.noise(g, 'scenario') < s.high
) drafts
JOIN (SELECT DISTINCT scenario, ends_open FROM seed.order_fate) fates USING (scenario);
ANALYZE seed.draft;

-- The first line of each. Where a product has nothing to sell, another is tried.
CREATE UNLOGGED TABLE seed.first_line AS
SELECT DISTINCT ON (g) d.*, p.n AS product_n, p.seller_i AS first_seller_i, seed.harvest(p, age_ms, ends_open) AS harvest
FROM seed.draft d
CROSS JOIN generate_series(1, 8) try
JOIN seed.product p ON p.n = CASE WHEN of_seller_i = 1 THEN seed.products() - seed.skewed(20, g * 32 + try, 'product')
  ELSE seed.popular(g * 32 + try, 'product') END
WHERE seed.harvest(p, age_ms, ends_open) >= seed.newest_harvest(p, age_ms)
ORDER BY g, try;

-- Orders by age: those without a line are none.
CREATE UNLOGGED TABLE seed.placed AS
SELECT o.*, m.method, m.method = 'COD' AS is_cash, customer.user_id, placed_at,
  coalesce((demo ->> 'id')::uuid, seed.id('order', n, placed_at)) AS id,
  coalesce((demo ->> 'payment_id')::uuid, seed.id('payment', n, placed_at)) AS payment_id
FROM (SELECT *, row_number() OVER (ORDER BY age_ms DESC, g) AS n FROM seed.first_line) o
JOIN seed.customer ON customer.i = o.customer_i
JOIN seed.method m ON m.scenario = o.scenario AND seed.noise(g, 'method') >= m.low AND seed.noise(g, 'method') < m.high
CROSS JOIN LATERAL (SELECT seed.at(age_ms) AS placed_at, CASE WHEN is_named THEN seed.demo() -> 'order' END AS demo) d;
CREATE UNIQUE INDEX ON seed.placed (n);
ANALYZE seed.placed;

-- Up to three further lines, most of the first one's seller; each product once.
CREATE UNLOGGED TABLE seed.line AS
WITH wanted AS MATERIALIZED (
  SELECT n, age_ms, ends_open, first_seller_i, size, slot, try, draw, seed.chance(0.7, draw, 'same seller') AS is_same
  FROM seed.placed
  JOIN seed.shelf ON shelf.seller_i = first_seller_i
  CROSS JOIN LATERAL generate_series(2,
    (ARRAY[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4])[1 + seed.even(20, g, 'lines')]) slot
  CROSS JOIN generate_series(0, 4) try
  CROSS JOIN LATERAL (SELECT g * 32::bigint + slot * 8 + try AS draw) d
), further AS (
  SELECT w.*, p.n AS product_n, seed.harvest(p, age_ms, ends_open) AS harvest, seed.newest_harvest(p, age_ms) AS newest
  FROM wanted w JOIN seed.product p ON p.seller_i = first_seller_i AND p.slot = seed.skewed(size, draw, 'of the shelf')
  WHERE is_same
  UNION ALL
  SELECT w.*, p.n, seed.harvest(p, age_ms, ends_open), seed.newest_harvest(p, age_ms)
  FROM wanted w JOIN seed.product p ON p.n = seed.popular(draw, 'product') WHERE NOT is_same
), chosen AS (
  SELECT n, 1 AS slot, product_n, harvest FROM seed.placed
  UNION ALL
  (SELECT DISTINCT ON (n, slot) n, slot, product_n, harvest FROM further WHERE harvest >= newest ORDER BY n, slot, try)
), lines AS (
  SELECT DISTINCT ON (n, product_n) * FROM chosen ORDER BY n, product_n, slot
)
SELECT o.n * 8 + lines.slot AS line_n, o.n, lines.slot, lines.product_n, lines.harvest, p.id AS product_id, p.seller_i, placed_at,
  seed.id('line', o.n * 8 + lines.slot, placed_at) AS id,
  bought[1 + seed.even(cardinality(bought), o.n * 8 + lines.slot, 'quantity')] AS quantity_milli,
  p.price_centavos AS list_price_centavos, coalesce(promo.price_centavos, p.price_centavos) AS unit_price_centavos,
  promo.id AS promo_id
FROM lines JOIN seed.placed o USING (n) JOIN seed.product p ON p.n = lines.product_n JOIN seed.produce ON produce.i = p.produce_i
LEFT JOIN LATERAL best_promo(p.id, p.price_centavos, placed_at) promo ON true;
CREATE INDEX ON seed.line (n);

-- Seller orders, and when each has moved: at random distances, pressed together where they would reach beyond today.
CREATE UNLOGGED TABLE seed.part AS
SELECT part_n, n, seller_i, scenario, is_cash, is_first, age_ms, paid_ms, placed_at,
  coalesce(CASE WHEN is_named AND is_first THEN (seed.demo() -> 'order' ->> 'seller_order_id')::uuid END,
    seed.id('part', part_n, placed_at)) AS id
FROM (
  SELECT n, seller_i, row_number() OVER (ORDER BY n, min(slot)) AS part_n, min(slot) = 1 AS is_first
  FROM seed.line GROUP BY n, seller_i
) parts
JOIN (
  SELECT o.*, CASE WHEN is_paid AND NOT is_cash THEN age_ms - 60000 - seed.even(480000, n, 'paid') END AS paid_ms
  FROM seed.placed o JOIN seed.order_fate USING (scenario, is_cash) WHERE NOT has_others
) o USING (n);
ANALYZE seed.line, seed.part;

CREATE UNLOGGED TABLE seed.move AS
SELECT part_n, step, round(begin_ms - sum(span_ms) OVER (PARTITION BY part_n ORDER BY step)
  * least(1, 0.9 * begin_ms / sum(span_ms) OVER (PARTITION BY part_n)))::bigint AS at_ms
FROM (
  SELECT part_n, step, coalesce(paid_ms, age_ms) AS begin_ms,
    (least_hours + seed.noise(part_n * 8 + step, 'span') * (most_hours - least_hours)) * 3600000 AS span_ms
  FROM seed.part JOIN seed.step USING (scenario, is_cash, is_first) WHERE step > 0
) spans;
-- All moments of a seller order: -1 it was placed, 0 it was paid by wallet, and its moves.
CREATE UNLOGGED TABLE seed.moment AS
SELECT part_n, step, seed.at(at_ms) AS at FROM seed.move
UNION ALL SELECT part_n, 0, seed.at(paid_ms) FROM seed.part WHERE paid_ms IS NOT NULL
UNION ALL SELECT part_n, -1, placed_at FROM seed.part;
CREATE INDEX ON seed.moment (part_n);
ANALYZE seed.moment;
