-- What is offered: a tree of categories, products of skewed sellers, categories, prices and words, and their promos.

INSERT INTO categories (id, name, slug, parent_id, created_at, updated_at)
SELECT market.id('category', n), CASE WHEN n <= 12 THEN 'Aisle ' || n ELSE 'Shelf ' || n || ' of aisle ' || 1 + n % 12 END, 'category-' || n,
  CASE WHEN n > 12 THEN market.id('category', 1 + n % 12) END, market.now(), market.now()
FROM generate_series(1, market.categories()) n;

CREATE TEMPORARY TABLE word ON COMMIT DROP AS
SELECT initcap(term) AS term, row_number() OVER (ORDER BY term) AS i FROM search_synonyms;

INSERT INTO products (id, seller_id, category_id, name, slug, description, unit, price_centavos, shelf_life_days,
  handling_hours, sku, is_active, created_at, updated_at, deleted_at)
SELECT market.id('product', n), market.id('seller', market.seller_of(n)), market.id('category', 12 + market.skewed(n, 21, market.categories() - 12)),
  (ARRAY['Fresh', 'Native', 'Organic', 'Sweet', 'Baguio', 'Young', 'Wild', 'Giant'])[market.skewed(n, 22, 8)] || ' ' || word.term || ' ' || n % 1000,
  'product-' || n,
  'Fresh harvest from ' || (ARRAY['Benguet', 'Laguna', 'Quezon', 'Davao', 'Bukidnon', 'Iloilo'])[market.skewed(n, 23, 6)]
    || ', picked by hand, good with ' || word.term || ' and rice, lot ' || n,
  CASE WHEN n % 3 = 0 THEN 'piece' ELSE 'kg' END, 1000 + (50000 * power(market.noise(n, 24), 2))::integer, 3 + n % 25,
  CASE WHEN n % 4 = 0 THEN 12 ELSE 0 END, 'SKU-' || n, market.noise(n, 25) < 0.95 OR n <= 1000, listed_at, listed_at,
  CASE WHEN n > 1000 AND market.noise(n, 26) < 0.03 THEN market.now() - interval '100 days' * market.noise(n, 27) END
FROM generate_series(1, market.products()) n
JOIN word ON word.i = market.skewed(n, 28, (SELECT count(*)::integer FROM word))
CROSS JOIN LATERAL (SELECT market.now() - interval '600 days' * (1 - n::float8 / market.products()) - interval '1 minute' AS listed_at) at;

INSERT INTO product_stock SELECT market.id('product', n) FROM generate_series(1, market.products()) n;

INSERT INTO product_counters (product_id, view_count, sell_count, review_count, rating_sum)
SELECT market.id('product', n), n % 977, market.skewed(n, 29, 400) - 1, reviews, reviews * (1 + n % 5)
FROM generate_series(1, market.products()) n CROSS JOIN LATERAL (SELECT market.skewed(n, 30, 30) - 1 AS reviews) r;

INSERT INTO product_images (id, product_id, position, status, content_type, width, height, created_at)
SELECT market.id('image', n), market.id('product', 1 + n % market.products()), 1 + n / market.products(), 'READY', 'image/webp', 800, 600, market.now()
FROM generate_series(0, market.products() * 5 / 4) n;

-- Promos of up to eight neighbouring products of one seller; a quarter of them run now.
CREATE TEMPORARY TABLE promoted ON COMMIT DROP AS
SELECT dense_rank() OVER (ORDER BY seller_id, chunk) AS n, seller_id, product_id
FROM (
  SELECT seller_id, id AS product_id, (row_number() OVER (PARTITION BY seller_id ORDER BY id) - 1) / 8 AS chunk FROM products
) chunks
WHERE market.noise(chunk + hashtext(seller_id::text), 31) < 0.5;

INSERT INTO promos (id, seller_id, name, discount_type, discount_hundredths, starts_at, ends_at, is_active, created_at, updated_at)
SELECT market.id('promo', n), seller_id, 'Harvest week ' || n, 'PERCENTAGE', 500 + n % 40 * 100, begin_at, begin_at + interval '30 days',
  n % 20 > 0, begin_at - interval '1 day', begin_at
FROM (SELECT DISTINCT n, seller_id FROM promoted) p
CROSS JOIN LATERAL (SELECT market.now() - interval '1 day' * (n % 120 - 5) - interval '1 second' * n AS begin_at) at;

INSERT INTO promo_products (promo_id, product_id) SELECT market.id('promo', n), product_id FROM promoted;

INSERT INTO favorites (user_id, product_id, created_at)
SELECT market.customer(n), market.id('product', market.skewed(n, 32, market.products())), market.now() - interval '1 minute' * n
FROM generate_series(1, market.products() * 3 / 2) n
ON CONFLICT DO NOTHING;
