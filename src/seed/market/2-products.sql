-- What is offered: sellers, the tree of categories, products and promos. Most belong to few sellers; the demo seller's come
-- last, so that lists show them first.

INSERT INTO sellers (id, user_id, business_name, business_phone, description, slug, street, barangay_code, status, commission_bps,
  terms_accepted_at, suspended_from, created_at, updated_at)
SELECT s.id, user_id, s.name, phone, coalesce(demo ->> 'description', seed.pick(descriptions, n, 'description')),
  slug.slug || '-' || right(s.id::text, 6), coalesce(demo ->> 'street', seed.pick(streets, n, 'street')), barangay_code, status,
  commission_bps, opened_at, CASE WHEN status = 'SUSPENDED' THEN 'VERIFIED' END, opened_at, opened_at
FROM seed.seller s JOIN seed.slug USING (name) CROSS JOIN seed.words
CROSS JOIN LATERAL (SELECT CASE WHEN s.i = 1 THEN seed.demo() -> 'seller' END AS demo) d;

UPDATE seed.category SET id = coalesce(id, seed.id('category', i, seed.at(seed.days(520))));
INSERT INTO categories (id, name, slug, description, parent_id, created_at, updated_at)
SELECT c.id, c.name, c.slug, c.description, parent.id, seed.at(seed.days(520)), seed.at(seed.days(520))
FROM seed.category c LEFT JOIN seed.category parent ON parent.name = c.parent ORDER BY c.i;

-- Times in milliseconds: the last harvest was `last_ms` ago, one came every `gap_ms` before it, since the product was listed.
CREATE UNLOGGED TABLE seed.product AS
SELECT n, seller_i, slot, p.produce_i, created_at, listed_ms,
  coalesce((demo ->> 'id')::uuid, seed.id('product', n, created_at)) AS id, demo, qualifier,
  coalesce((demo ->> 'price_centavos')::integer, price_centavos) AS price_centavos, handling_hours, state,
  seed.days(shelf_days) AS shelf_ms, least(seed.days(shelf_days * 0.6), seed.days(20)) AS gap_ms,
  greatest(seed.days(0.125),
    round((youngest + seed.noise(n, 'age') * (oldest - youngest)) * seed.days(shelf_days))::bigint) AS last_ms,
  (least + seed.even(most - least + 1, n, 'harvest')) * CASE WHEN seller_i = 1 THEN 3000 ELSE 1000 END AS harvested_milli,
  seller_i <> 1 AND seed.chance(0.5, n, 'leftovers') AS keeps_older_lots
FROM (
  SELECT n, seller_i,
    CASE WHEN seller_i = 1 THEN seed.products() - n
      ELSE row_number() OVER (PARTITION BY seller_i ORDER BY n) - 1 END::integer AS slot,
    -- In steps of seven, so that the demo seller offers of every category.
    CASE WHEN seller_i = 1 THEN (seed.products() - n) * 7 % kinds ELSE seed.even(kinds, n, 'produce') END AS produce_i
  FROM (
    SELECT n, CASE WHEN n > seed.products() - 20 THEN 1 ELSE 2 + seed.skewed(seed.sellers() - 1, n, 'seller') END AS seller_i
    FROM generate_series(1, seed.products()) n
  ) owned, (SELECT count(*) AS kinds FROM seed.produce) counted
) p
JOIN seed.produce ON produce.i = p.produce_i
CROSS JOIN seed.words
CROSS JOIN LATERAL (
  SELECT CASE WHEN seller_i = 1 THEN seed.demo() -> 'products' -> slot END AS demo,
    CASE WHEN seller_i <> 1 AND seed.chance(0.4, n, 'plain') THEN seed.pick(qualifiers, n, 'qualifier') END AS qualifier,
    CASE WHEN shelf_days > 4 AND seed.chance(0.1, n, 'handling') THEN 12 ELSE 0 END AS handling_hours,
    -- Before the first order, but for the demo seller's.
    seed.days(CASE WHEN seller_i = 1 THEN 50 + slot
      ELSE 115 + 285 * (1 - (n + seed.noise(n, 'listed')) / seed.products()) END) AS listed_ms,
    CASE WHEN seller_i = 1 THEN coalesce(seed.demo() -> 'states' ->> slot::text, 'just_harvested') END AS shown_state,
    (lowest_pesos + seed.noise(n, 'price') * (highest_pesos - lowest_pesos)) * 100 AS centavos
) d
CROSS JOIN LATERAL (
  -- To steps that price tags show: five pesos, one peso, or five centavos for what is sold by the gram.
  SELECT seed.at(listed_ms) AS created_at, (greatest(1, round(centavos / tag)) * tag)::integer AS price_centavos
  FROM (SELECT CASE WHEN centavos >= 10000 THEN 500 WHEN centavos >= 1000 THEN 100 ELSE 5 END AS tag) steps
) c
-- What keeps for months has not been here for long enough to rot.
JOIN seed.stock_state s ON s.state = shown_state OR shown_state IS NULL AND CASE WHEN shelf_days > 60 THEN s.state = 'fresh'
  ELSE seed.noise(n, 'state') >= s.low AND seed.noise(n, 'state') < s.high END;
CREATE UNIQUE INDEX ON seed.product (n);
CREATE UNIQUE INDEX ON seed.product (seller_i, slot);
CREATE UNLOGGED TABLE seed.shelf AS SELECT seller_i, count(*)::integer AS size FROM seed.product GROUP BY seller_i;
ANALYZE seed.product, seed.shelf;

INSERT INTO products (id, seller_id, category_id, name, slug, description, unit, price_centavos, srp_centavos, shelf_life_days,
  handling_hours, sku, tax_class, origin, created_at, updated_at)
SELECT p.id, s.id, c.id, coalesce(demo ->> 'name', concat_ws(' ', qualifier, g.name)),
  coalesce(demo ->> 'slug', concat_ws('-', lower(qualifier), g.slug, right(p.id::text, 6))),
  format('%s from %s. %s Keeps for about %s days after harvest.', g.name, s.origin, c.use, shelf_days), unit, price_centavos,
  CASE WHEN seed.chance(0.5, p.n, 'srp')
    THEN greatest(5, round(price_centavos * (ARRAY[0.95, 1.05, 1.1])[1 + seed.even(3, p.n, 'srp rate')] / 5) * 5) END,
  shelf_days, handling_hours,
  coalesce(demo ->> 'sku', CASE WHEN seed.chance(0.7, p.n, 'sku')
    THEN g.sku || '-' || lpad((slot + 1)::text, greatest(3, length((slot + 1)::text)), '0') END),
  CASE WHEN is_taxed THEN 'VAT_12' ELSE 'VAT_EXEMPT' END, s.origin, p.created_at, p.created_at
FROM seed.product p
JOIN seed.seller s ON s.i = p.seller_i
JOIN seed.produce g ON g.i = p.produce_i
JOIN seed.category c ON c.name = g.category
ORDER BY p.n;
INSERT INTO product_stock SELECT id FROM seed.product ORDER BY n;

-- Promos of up to four neighbours on a shelf; the demo seller's is on all but its best seller. Of twenty pesos, five are too
-- much to give.
CREATE UNLOGGED TABLE seed.promo AS
SELECT s.i AS seller_i, s.id AS seller_id, first, last, c.*, created_at,
  CASE WHEN s.i = 1 THEN (seed.demo() -> 'promo' ->> 'id')::uuid ELSE seed.id('promo', s.i, created_at) END AS id
FROM seed.seller s
JOIN seed.campaign c ON c.i = CASE WHEN s.i = 1 THEN 0 ELSE 1 + seed.even((SELECT max(i) FROM seed.campaign), s.i, 'campaign') END
CROSS JOIN LATERAL (
  SELECT seed.now() + interval '1 day' * (least(starts_days, 0) - 1) AS created_at,
    CASE WHEN s.i = 1 THEN 2 ELSE 1 + seed.even(3, s.i, 'first promoted') END AS first
) d
CROSS JOIN LATERAL (SELECT first + CASE WHEN s.i = 1 THEN 3 ELSE seed.even(4, s.i, 'promoted') END AS last) l
WHERE s.i = 1 OR s.status = 'VERIFIED' AND seed.chance(0.6, s.i, 'promotes');

CREATE UNLOGGED TABLE seed.promoted AS
SELECT promo.id AS promo_id, p.id AS product_id
FROM seed.promo JOIN (
  SELECT id, seller_i, row_number() OVER (PARTITION BY seller_i ORDER BY slot) AS place
  FROM seed.product WHERE slot < 20 AND price_centavos >= 2000
) p ON p.seller_i = promo.seller_i AND p.place BETWEEN first AND last;

INSERT INTO promos (id, seller_id, name, discount_type, discount_hundredths, starts_at, ends_at, created_at, updated_at)
SELECT id, seller_id, name, discount_type, discount_hundredths, seed.now() + interval '1 day' * starts_days,
  seed.now() + interval '1 day' * ends_days, created_at, created_at
FROM seed.promo WHERE id IN (SELECT promo_id FROM seed.promoted);
INSERT INTO promo_products (promo_id, product_id) SELECT promo_id, product_id FROM seed.promoted;
ANALYZE promos, promo_products;
