-- Everybody who has an account: an admin, customers (the demo customer first) and sellers (the demo seller first).

CREATE UNLOGGED TABLE seed.person AS
SELECT n, i, role, demo IS NOT NULL AS is_demo, is_newcomer, joined_at,
  coalesce((demo ->> 'id')::uuid, seed.id('user', n, joined_at)) AS id,
  coalesce(demo ->> 'first_name', first_name) AS first_name, coalesce(demo ->> 'last_name', last_name) AS last_name,
  coalesce(demo ->> 'user_name', lower(replace(first_name || '.' || last_name, ' ', '-')) || n) AS user_name,
  demo ->> 'user_email' AS demo_email, coalesce(demo ->> 'user_phone', '+63917' || 1000001 + n) AS phone
FROM (
  SELECT n, i, role, CASE WHEN i = 1 THEN seed.demo() -> 'people' -> role END AS demo,
    role = 'customer' AND i > 1 AND i % 20 = 1 AS is_newcomer,
    seed.pick(CASE WHEN seed.chance(0.6, n, 'woman') THEN women ELSE men END, n, 'first name') AS first_name,
    seed.pick(last_names, n, 'last name') AS last_name
  FROM (
    SELECT n, CASE WHEN n = 1 THEN 'admin' WHEN n <= 1 + seed.customers() THEN 'customer' ELSE 'seller' END AS role,
      CASE WHEN n = 1 THEN 1 WHEN n <= 1 + seed.customers() THEN n - 1 ELSE n - 1 - seed.customers() END AS i
    FROM generate_series(1, 1 + seed.customers() + seed.sellers() + seed.waiting_sellers()) n
  ) roles, seed.words
) people
CROSS JOIN LATERAL (
  -- One in twenty customers has joined lately and not confirmed an address yet; all others were there before the first product.
  SELECT seed.at(seed.days(
    CASE WHEN is_newcomer THEN 7 * seed.noise(n, 'joined') ELSE 410 + 90 * seed.noise(n, 'joined') END)) AS joined_at
) moment;

-- Nobody but the demo people can sign in.
INSERT INTO users (id, user_name, user_email, user_phone, password_hash, first_name, last_name, language, role,
  email_verified_at, phone_verified_at, terms_accepted_at, created_at, updated_at)
SELECT id, user_name, coalesce(demo_email, user_name || '@example.com'), phone,
  CASE WHEN is_demo THEN seed.demo() ->> 'password_hash' ELSE seed.demo() ->> 'unusable_hash' END, first_name, last_name,
  CASE WHEN role = 'seller' AND is_demo OR NOT is_demo AND seed.chance(0.4, n, 'language') THEN 'fil' ELSE 'en' END, role,
  CASE WHEN NOT is_newcomer THEN joined_at END,
  CASE WHEN NOT is_newcomer AND seed.chance(0.5, n, 'phone') THEN joined_at END, joined_at, joined_at, joined_at
FROM seed.person;

-- Barangays of farming provinces and of cities, with the names that addresses show. Part of Manila shows as Manila.
CREATE UNLOGGED TABLE seed.barangay AS
WITH RECURSIVE chain AS (
  SELECT kind, code AS barangay_code, name, level, parent_code
  FROM jsonb_each(seed.demo() -> 'areas') area (kind, prefixes) CROSS JOIN jsonb_array_elements_text(prefixes) prefix
  JOIN places ON level = 'barangay' AND code BETWEEN rpad(prefix, 10, '0')::char(10) AND rpad(prefix, 10, '9')::char(10)
  UNION ALL
  SELECT chain.kind, chain.barangay_code, p.name, p.level, p.parent_code
  FROM chain JOIN places p ON p.code = chain.parent_code AND p.level <> 'barangay'
)
SELECT row_number() OVER (PARTITION BY kind ORDER BY barangay_code) AS i, names.*,
  replace(city, ' City', '') AS town
FROM (
  SELECT kind, barangay_code,
    min(name) FILTER (WHERE level = 'barangay') AS barangay, min(name) FILTER (WHERE level = 'city') AS city,
    min(name) FILTER (WHERE level = 'province') AS province, min(name) FILTER (WHERE level = 'region') AS region
  FROM chain GROUP BY kind, barangay_code
) names;
CREATE UNIQUE INDEX ON seed.barangay (kind, i);
ANALYZE seed.person, seed.barangay;

-- A home for each customer and, now and then, an office.
CREATE UNLOGGED TABLE seed.address AS
SELECT p.id AS user_id, p.i AS customer_i, place = 1 AS is_home, created_at, b.*,
  coalesce((demo ->> 'id')::uuid, seed.id('address', draw, created_at)) AS id,
  CASE WHEN place = 1 THEN 'Bahay' ELSE 'Opisina' END AS label, first_name || ' ' || last_name AS recipient_name,
  phone AS recipient_phone,
  coalesce(demo ->> 'street', 1 + seed.even(280, draw, 'house') || ' ' || seed.pick(streets, draw, 'street')) AS street,
  coalesce(demo ->> 'landmark',
    CASE WHEN seed.chance(0.4, draw, 'landmark') THEN seed.pick(landmarks, draw, 'which') END) AS landmark
FROM seed.person p
CROSS JOIN seed.words
CROSS JOIN LATERAL generate_series(1, CASE WHEN p.is_demo OR seed.chance(0.3, p.n, 'office') THEN 2 ELSE 1 END) place
CROSS JOIN LATERAL (
  SELECT CASE WHEN p.is_demo AND place = 1 THEN seed.demo() -> 'address' END AS demo, p.n * 2 + place AS draw,
    p.joined_at + interval '1 hour' AS created_at
) d
JOIN seed.barangay b ON b.kind = 'cities' AND b.i = CASE WHEN demo IS NULL
  THEN 1 + seed.even((SELECT count(*) FROM seed.barangay WHERE kind = 'cities'), draw, 'barangay')
  ELSE (SELECT i FROM seed.barangay WHERE kind = 'cities' AND barangay_code = seed.demo() -> 'address' ->> 'barangay_code') END
WHERE p.role = 'customer';

INSERT INTO addresses (id, user_id, label, recipient_name, recipient_phone, street, landmark, barangay_code, is_default,
  created_at, updated_at)
SELECT id, user_id, label, recipient_name, recipient_phone, street, landmark, barangay_code, is_home, created_at, created_at
FROM seed.address;

-- Whoever may order, the demo customer first, then the busiest.
CREATE UNLOGGED TABLE seed.customer AS
SELECT row_number() OVER (ORDER BY p.i)::integer AS i, p.id AS user_id,
  p.first_name || ' ' || left(p.last_name, 1) || '.' AS reviewer_name,
  jsonb_build_object('label', label, 'recipient_name', recipient_name, 'recipient_phone', recipient_phone, 'street', street,
    'landmark', landmark, 'zip_code', NULL, 'barangay_code', barangay_code, 'barangay', barangay, 'city', city,
    'province', province, 'region', region) AS shipping_address
FROM seed.person p JOIN seed.address a ON a.user_id = p.id AND a.is_home
WHERE NOT p.is_newcomer;
CREATE UNIQUE INDEX ON seed.customer (i);

-- Sellers without their slugs. The town tells namesakes apart, and where that is not enough, a number.
CREATE UNLOGGED TABLE seed.seller AS
SELECT n, i, id, user_id, phone, opened_at, barangay_code, origin, commission_bps,
  CASE WHEN i <= seed.sellers() THEN 'VERIFIED' WHEN (i - seed.sellers()) % 4 = 2 THEN 'SUSPENDED' ELSE 'PENDING' END AS status,
  told || CASE WHEN row_number() OVER (PARTITION BY name_skeleton(told) ORDER BY i) > 1
    THEN ' ' || row_number() OVER (PARTITION BY name_skeleton(told) ORDER BY i) ELSE '' END AS name
FROM (
  SELECT *, name || CASE WHEN row_number() OVER (PARTITION BY name_skeleton(name) ORDER BY i) > 1
    THEN ' sa ' || town ELSE '' END AS told
  FROM (
    SELECT p.n, p.i, p.phone, p.id AS user_id, p.joined_at + interval '1 hour' AS opened_at, b.barangay_code, b.town,
      coalesce((demo ->> 'id')::uuid, seed.id('seller', p.n, p.joined_at + interval '1 hour')) AS id,
      concat_ws(', ', b.city, b.province) AS origin,
      CASE WHEN seed.chance(0.1, p.n, 'commission')
        THEN (ARRAY[300, 400, 700])[1 + seed.even(3, p.n, 'rate')] END AS commission_bps,
      coalesce(demo ->> 'business_name',
        replace(replace(replace(replace(seed.pick(businesses, p.n, 'business'),
          '{woman}', seed.pick(women_nicknames, p.n, 'nickname')),
          '{man}', seed.pick(men_nicknames, p.n, 'nickname')), '{last}', p.last_name), '{town}', b.town)) AS name
    FROM seed.person p
    CROSS JOIN seed.words
    CROSS JOIN LATERAL (SELECT CASE WHEN p.is_demo THEN seed.demo() -> 'seller' END AS demo) d
    JOIN seed.barangay b ON b.kind = 'farms' AND b.i = CASE WHEN demo IS NULL
      THEN 1 + seed.even((SELECT count(*) FROM seed.barangay WHERE kind = 'farms'), p.n, 'barangay')
      ELSE (SELECT i FROM seed.barangay WHERE kind = 'farms' AND barangay_code = seed.demo() -> 'seller' ->> 'barangay_code') END
    WHERE p.role = 'seller'
  ) drawn
) named;
CREATE UNIQUE INDEX ON seed.seller (i);
ANALYZE seed.seller, seed.customer;
