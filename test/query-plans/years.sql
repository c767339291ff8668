-- What years of running leave behind in the market of src/seed, beside what it holds anyway: sessions, codes, audit entries,
-- messages; people and goods that are gone; and, for one of each, far more than is usual. Nothing here is checked or counted.

SET LOCAL session_replication_role = replica;

CREATE FUNCTION seed.customer_id(draw bigint, what text) RETURNS uuid LANGUAGE sql STABLE
  RETURN (SELECT user_id FROM seed.customer WHERE i = 2 + seed.skewed(seed.customers() * 9 / 10, draw, what));
CREATE FUNCTION seed.product_id(draw bigint, what text) RETURNS uuid LANGUAGE sql STABLE
  RETURN (SELECT id FROM seed.product WHERE n = seed.popular(draw, what));

-- People who left, one in a hundred of them erased; sellers who want another name.
UPDATE users SET is_active = false, deleted_at = seed.now() - interval '60 days' * seed.noise(n, 'left')
FROM seed.person p WHERE p.id = users.id AND p.role = 'customer' AND p.i > 100 AND p.i % 50 = 0;
UPDATE users SET deleted_at = seed.now() - interval '50 days', erased_at = seed.now() - interval '20 days', email_verified_at = NULL, phone_verified_at = NULL
FROM seed.person p WHERE p.id = users.id AND p.role = 'customer' AND p.i > 100 AND p.i % 100 = 0;
UPDATE sellers SET requested_name = 'Bagong ' || business_name, name_requested_at = seed.now() FROM seed.seller s WHERE s.id = sellers.id AND i % 100 = 77;

INSERT INTO suspension_marks (contact_hash, seller_id, created_at)
SELECT sha256(('contact ' || turn)::bytea), s.id, seed.now() FROM generate_series(1, seed.products() / 10) turn JOIN seed.seller s ON s.i = 1 + turn % seed.sellers();

INSERT INTO sessions (id, user_id, user_agent, ip_prefix, created_at, last_used_at, expires_at, ended_at, ended_reason)
SELECT seed.id('session', n, begun_at), seed.customer_id(n, 'session'), 'Mozilla/5.0', '203.0.113.0', begun_at, begun_at + interval '1 hour', begun_at + interval '30 days',
  CASE WHEN n % 3 = 0 THEN begun_at + interval '1 hour' END, CASE WHEN n % 3 = 0 THEN 'LOGOUT' END
FROM generate_series(1, seed.products()) n
CROSS JOIN LATERAL (SELECT seed.at(seed.days(61 * (1 - n::float8 / seed.products()))) - interval '1 minute' AS begun_at) at;
INSERT INTO refresh_tokens (token_hash, session_id, created_at)
SELECT sha256(('token ' || id || turn)::bytea), id, created_at FROM sessions, generate_series(0, 1) turn WHERE turn = 0 OR ended_at IS NULL;

INSERT INTO one_time_codes (id, purpose, target, user_id, ip_prefix, is_familiar, created_at, expires_at, issued_at)
SELECT seed.id('code', n, asked_at), (ARRAY['EMAIL', 'PHONE', 'PASSWORD_RESET'])[1 + n % 3], 'person-' || n || '@example.com', id, '203.0.113.0/24',
  n % 3 < 2, asked_at, asked_at + interval '10 minutes', asked_at
FROM seed.person CROSS JOIN LATERAL (SELECT seed.at(seed.days(47 / 24.0 * seed.noise(n, 'asked'))) AS asked_at) at WHERE role = 'customer';
-- Asked for by somebody who is not signed in, and not released yet.
INSERT INTO one_time_codes (id, purpose, target, ip_prefix, created_at, expires_at)
VALUES (seed.id('code', 0, seed.now()), 'PASSWORD_RESET', 'person-1@example.com', '203.0.113.0/24', seed.now(), seed.now() + interval '1 day');
INSERT INTO contact_changes (id, user_id, contact, old_value, new_value, old_confirmed, created_at, confirmed_at)
SELECT seed.id('change', n, seed.now()), id, 'email', 'person-' || n || '@example.com', 'new-' || n || '@example.com', true, seed.now() - interval '29 days',
  CASE WHEN n % 2 = 0 THEN seed.now() - interval '28 days' END
FROM seed.person WHERE role = 'customer';
INSERT INTO mfa_recovery_codes (user_id, code_hash) SELECT id, sha256((n || '')::bytea) FROM seed.person WHERE role = 'customer';

-- Goods that are gone or put away, and a category of few among many.
UPDATE products SET is_active = false FROM seed.product p WHERE p.id = products.id AND p.n > 1000 AND p.n % 20 = 3;
UPDATE products SET deleted_at = seed.now() - interval '100 days' * seed.noise(p.n, 'removed') FROM seed.product p WHERE p.id = products.id AND p.n > 1000 AND p.n % 33 = 5;
INSERT INTO categories (id, name, slug, parent_id, created_at, updated_at)
SELECT seed.id('rare', 1, seed.now()), 'Rare Goods', 'rare-goods', id, seed.now(), seed.now() FROM categories WHERE slug = 'farm-goods';
UPDATE products SET category_id = seed.id('rare', 1, seed.now()) FROM seed.product p WHERE p.id = products.id AND p.n % 400 = 7;
INSERT INTO product_images (id, product_id, position, status, content_type, width, height, created_at)
SELECT seed.id('image', n * 4 + place, created_at), id, place, 'READY', 'image/webp', 800, 600, created_at
FROM seed.product CROSS JOIN LATERAL generate_series(1, CASE WHEN n % 4 = 0 THEN 2 ELSE 1 END) place;

-- Promos that are over: most are.
INSERT INTO promos (id, seller_id, name, discount_type, discount_hundredths, starts_at, ends_at, is_active, created_at, updated_at)
SELECT seed.id('old promo', i, at), id, 'Harvest week ' || i, 'PERCENTAGE', 1000, at, at + interval '30 days', i % 20 > 0, at, at
FROM seed.seller CROSS JOIN LATERAL (SELECT seed.at(seed.days(40 + 90 * seed.noise(i, 'began'))) AS at) a
WHERE status = 'VERIFIED';
INSERT INTO promo_products (promo_id, product_id)
SELECT promos.id, p.id FROM promos JOIN seed.seller s ON s.id = promos.seller_id JOIN seed.product p ON p.seller_i = s.i AND p.slot < 4
WHERE promos.name LIKE 'Harvest week%';

-- Of the biggest seller's oldest product far more lots and reviews than a page shows, of the busiest customer addresses and
-- favourites, and of the second order lines and events.
CREATE TABLE seed.old_lot AS
SELECT turn, id AS product_id, seed.id('old lot', turn, at) AS id, at
FROM seed.product, generate_series(1, 400) turn CROSS JOIN LATERAL (SELECT seed.at(seed.days(100 + turn)) AS at) a WHERE seller_i = 2 AND slot = 0;
INSERT INTO lots (id, product_id, harvested_at, expires_at, created_at) SELECT id, product_id, at, at + interval '1 day', at FROM seed.old_lot;
INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, created_at)
SELECT seed.id('brought', turn, at), id, product_id, 20000, 'HARVEST', at FROM seed.old_lot
UNION ALL SELECT seed.id('lost', turn, at), id, product_id, -20000, 'SPOILAGE', at + interval '1 day' FROM seed.old_lot;
INSERT INTO reviews (id, product_id, user_id, reviewer_name, rating, comment, created_at, updated_at)
SELECT seed.id('old review', i, at), product_id, user_id, reviewer_name, 5, 'Sweet and crisp.', at, at
FROM seed.old_lot JOIN seed.customer ON i = 100 + turn
WHERE NOT EXISTS (SELECT FROM reviews r WHERE r.user_id = customer.user_id AND r.product_id = old_lot.product_id);
INSERT INTO favorites (user_id, product_id, created_at)
SELECT user_id, p.id, seed.now() FROM seed.customer JOIN seed.product p ON p.n <= 150 WHERE customer.i = 2 ON CONFLICT DO NOTHING;
INSERT INTO addresses (id, user_id, label, recipient_name, recipient_phone, street, barangay_code, is_default, created_at, updated_at)
SELECT seed.id('other address', n, seed.now()), a.user_id, 'Home', recipient_name, recipient_phone, n || ' Rizal St.', barangay_code, false, seed.now(), seed.now()
FROM seed.address a JOIN seed.customer b ON b.user_id = a.user_id AND b.i = 2, generate_series(1, 40) n WHERE a.is_home;
INSERT INTO order_items (id, order_id, seller_order_id, product_id, product_name, unit, tax_class, quantity_milli, list_price_centavos, unit_price_centavos,
  subtotal_centavos, line_total_centavos)
SELECT seed.id('more', turn, placed_at), o.id, s.id, seed.product_id(turn, 'more'), 'Kamatis', 'kg', 'VAT_EXEMPT', 1000, 100, 100, 100, 100
FROM seed.placed o JOIN LATERAL (SELECT id FROM seller_orders WHERE order_id = o.id ORDER BY id LIMIT 1) s ON true, generate_series(1, 50) turn WHERE n = 2;
INSERT INTO order_events (id, order_id, seller_order_id, actor_role, from_status, to_status, created_at)
SELECT seed.id('more', turn, placed_at), order_id, id, 'seller', order_status, order_status, placed_at
FROM seed.deal, generate_series(1, 120) turn WHERE n = 2 AND is_first;
-- Old orders are put away, and some open ones are due so soon that their sellers are reminded.
UPDATE orders SET archived_at = seed.now() FROM seed.placed o WHERE o.id = orders.id AND n % 25 = 0;
UPDATE seller_orders SET due_at = seed.now() + interval '2 hours' FROM seed.deal d WHERE d.id = seller_orders.id AND d.due_at IS NOT NULL AND part_n % 100 = 0;

INSERT INTO refunds (id, payment_id, seller_order_id, amount_centavos, reason, status, created_at, updated_at)
SELECT seed.id('small refund', part_n, moved_at), payment_id, deal.id, 1, 'Bruised', 'COMPLETED', moved_at, moved_at
FROM seed.deal JOIN seed.placed USING (n) WHERE part_n % 20 = 0;

INSERT INTO carts (user_id) SELECT user_id FROM seed.customer;
INSERT INTO cart_items (id, user_id, product_id, quantity_milli, created_at)
SELECT seed.id('cart', i * 2 + turn, seed.now()), user_id, seed.product_id(i * 2 + turn, 'cart'), 1000, seed.now()
FROM seed.customer CROSS JOIN LATERAL generate_series(1, CASE WHEN i = 2 THEN 40 ELSE 1 END) turn
ON CONFLICT DO NOTHING;
INSERT INTO provider_events (provider, event_id, kind, provider_reference, received_at)
SELECT 'simulator', 'event_' || reference, 'PAID', reference, created_at FROM simulator_wallet;

-- What every request leaves behind.
INSERT INTO audit_entries (id, actor_id, actor_role, action, object_type, object_id, changes, created_at)
SELECT seed.id('audit', turn, at), seed.customer_id(turn, 'actor'), 'customer',
  (ARRAY['session.started', 'order.placed', 'product.changed', 'review.written', 'session.ended'])[1 + seed.skewed(5, turn, 'action')],
  CASE WHEN turn % 3 = 0 THEN 'order' ELSE 'user' END, o.id::text, '{}', at
FROM generate_series(1, 2 * seed.products()) turn
JOIN seed.placed o ON o.n = 1 + seed.skewed(seed.orders() * 9 / 10, turn, 'object')
CROSS JOIN LATERAL (SELECT seed.at(seed.days(400 * (1 - turn::float8 / (2 * seed.products()))) + 60000) AS at) a;
INSERT INTO audit_seals (seq, entry_id, key_id, hash, sealed_at)
SELECT seq, id, 'test', sha256(seq::text::bytea), seed.now() FROM (SELECT row_number() OVER (ORDER BY id) AS seq, id FROM audit_entries) e
WHERE seq <= 2 * seed.products() - 20;
INSERT INTO audit_unsealed SELECT id FROM audit_entries ORDER BY id DESC LIMIT 20;
INSERT INTO outbox_messages (id, topic, payload, created_at, dispatched_at)
SELECT seed.id('message', n, at), 'user.registered', json_build_object('user_id', seed.customer_id(n, 'message')), at,
  CASE WHEN n <= seed.products() - 20 THEN at + interval '1 second' END
FROM generate_series(1, seed.products()) n CROSS JOIN LATERAL (SELECT seed.now() - interval '10 seconds' * (seed.products() - n) AS at) moment;
INSERT INTO idempotency_keys (user_id, key, request_hash, status, headers, body, created_at)
SELECT user_id, 'key-' || n, '\x00', 201, '{}', '{}', seed.now() - interval '2 seconds' * n FROM seed.placed;
INSERT INTO pgboss.job (name, state, created_on, started_on, completed_on)
SELECT 'notifications.send-message', 'completed', at, at, at
FROM generate_series(1, seed.products()) n CROSS JOIN LATERAL (SELECT now() - interval '1 second' * n AS at) moment;

SET LOCAL session_replication_role = origin;

-- Riders' cash: most of it handed in long ago.
INSERT INTO cash_sessions (id, rider_name, status, opened_by, opened_at, closed_by, closed_at, expected_centavos, counted_centavos)
SELECT seed.id('cash session', n, at), 'Ramon D.', CASE WHEN n % 100 = 0 THEN 'OPEN' ELSE 'CLOSED' END, admin, at,
  CASE WHEN n % 100 > 0 THEN admin END, CASE WHEN n % 100 > 0 THEN at + interval '8 hours' END,
  CASE WHEN n % 100 > 0 THEN 100000 END, CASE WHEN n % 100 > 0 THEN 100000 END
FROM generate_series(1, seed.products() / 5) n
CROSS JOIN LATERAL (SELECT seed.at(seed.days(400 * seed.noise(n, 'cash session'))) AS at) at
CROSS JOIN (SELECT (seed.demo() -> 'people' -> 'admin' ->> 'id')::uuid AS admin) admin;
UPDATE seller_orders SET cash_collector = 'RIDER',
  cash_session_id = CASE WHEN part_n % 100 > 0 THEN (SELECT id FROM cash_sessions WHERE id >= d.id ORDER BY id LIMIT 1) END
FROM seed.deal d WHERE d.id = seller_orders.id AND d.is_cash AND d.delivered_at IS NOT NULL AND part_n % 2 = 0;

-- Sellers who are paid every week, for two years, and now have a new account: a run that a test drafts leaves them out.
INSERT INTO seller_accounts (seller_id, bank_code, account_name, account_number, account_last4, changed_at)
SELECT id, 'BNORPHMM', 'N. B.', ''::bytea, '6789', seed.now() FROM seed.seller;
INSERT INTO payout_runs (id, status, minimum_centavos, payout_count, total_centavos, created_by, created_at, decided_by, decided_at)
SELECT seed.id('payout run', n, at), 'APPROVED', 20000, 1, 1, (seed.demo() -> 'people' -> 'admin' ->> 'id')::uuid, at,
  (SELECT user_id FROM seed.seller WHERE i = 1), at
FROM generate_series(1, 100) n CROSS JOIN LATERAL (SELECT seed.now() - interval '7 days' * n AS at) at;
INSERT INTO payouts (id, run_id, seller_id, status, amount_centavos, rail, bank_code, account_name, account_number, account_last4,
  created_at, updated_at)
SELECT seed.id('payout', s.i * 100 + r.nth, r.created_at), r.id, s.id, 'PAID', 30000, 'INSTAPAY', 'BNORPHMM', 'N. B.', ''::bytea, '6789',
  r.created_at, r.created_at
FROM (SELECT *, row_number() OVER (ORDER BY id) AS nth FROM payout_runs) r JOIN seed.seller s ON s.i % 7 = r.nth % 7;
-- Closed until the month before last: the job has one to close.
INSERT INTO closed_months (month, ends_at, closed_at, summed_at)
SELECT (first - interval '2 months')::date, (first - interval '1 month') AT TIME ZONE 'Asia/Manila', seed.now(), seed.now()
FROM date_trunc('month', seed.now() AT TIME ZONE 'Asia/Manila') AS first;
INSERT INTO seller_balances (seller_id, month, ends_at, payable_centavos, in_payout_centavos)
SELECT s.id, m.month, m.ends_at, 0, 0 FROM seed.seller s CROSS JOIN closed_months m;
