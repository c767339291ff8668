-- Everybody who has an account: sellers first, then a few admins, then customers, the busiest ones first.

INSERT INTO users (id, user_name, user_email, user_phone, password_hash, first_name, last_name, role, is_active,
  email_verified_at, phone_verified_at, terms_accepted_at, created_at, updated_at, deleted_at, erased_at)
SELECT market.id('user', n), lower(first_name || '.' || last_name) || '.' || n, 'person-' || n || '@example.com', '+63917' || lpad(n::text, 7, '0'), 'none',
  first_name, last_name,
  CASE WHEN n <= market.sellers() THEN 'seller' WHEN n <= market.sellers() + market.admins() THEN 'admin' ELSE 'customer' END,
  NOT is_deleted,
  CASE WHEN NOT is_erased AND market.noise(n, 3) < 0.9 THEN joined_at END,
  CASE WHEN NOT is_erased AND market.noise(n, 4) < 0.5 THEN joined_at END,
  joined_at, joined_at, joined_at,
  CASE WHEN is_deleted THEN market.now() - interval '60 days' * market.noise(n, 5) END,
  CASE WHEN is_erased THEN market.now() - interval '20 days' END
FROM (
  SELECT n, market.now() - interval '700 days' * market.noise(n, 14) - interval '1 minute' AS joined_at,
    (ARRAY['Maria', 'Jose', 'Ana', 'Juan', 'Rosa', 'Pedro', 'Luz', 'Ramon', 'Grace', 'Carlo'])[market.even(n, 1, 10)] AS first_name,
    (ARRAY['Santos', 'Reyes', 'Cruz', 'Bautista', 'Ocampo', 'Garcia', 'Mendoza', 'Torres', 'Flores', 'Villanueva'])[market.even(n, 2, 10)] AS last_name,
    n % 50 = 0 AND n > market.first_customer() + 100 AS is_deleted, n % 100 = 0 AND n > market.first_customer() + 100 AS is_erased
  FROM generate_series(1, market.users()) n
) people;

-- One in a hundred of those left longer ago than an erasure waits.
UPDATE users SET deleted_at = market.now() - interval '50 days' WHERE erased_at IS NOT NULL;

CREATE TEMPORARY TABLE barangay ON COMMIT DROP AS
SELECT code, row_number() OVER (ORDER BY code) AS i FROM places WHERE level = 'barangay';

INSERT INTO sellers (id, user_id, business_name, business_phone, description, slug, street, barangay_code, status,
  terms_accepted_at, rating_sum, review_count, follower_count, created_at, updated_at)
SELECT market.id('seller', n), market.id('user', n),
  (ARRAY['Gulayan', 'Bukid', 'Ani', 'Sariwa', 'Palengke'])[market.skewed(n, 6, 5)] || ' ni '
    || (ARRAY['Nena', 'Berting', 'Caring', 'Doming', 'Ising', 'Pacing', 'Turing'])[market.skewed(n, 7, 7)] || ' ' || n,
  '+63918' || lpad(n::text, 7, '0'), 'Picked each morning.', 'seller-' || n, 'Km. ' || n % 90, barangay.code,
  CASE WHEN n = 1 OR market.noise(n, 8) < 0.9 THEN 'VERIFIED' WHEN market.noise(n, 9) < 0.7 THEN 'PENDING' ELSE 'SUSPENDED' END,
  joined_at, 9 * (n % 40), 2 * (n % 40), 0, joined_at, joined_at
FROM generate_series(1, market.sellers()) n
JOIN barangay ON barangay.i = 1 + n * 31 % (SELECT count(*) FROM barangay)
CROSS JOIN LATERAL (SELECT market.now() - interval '700 days' * (1 - n::float8 / market.sellers()) AS joined_at) at;

UPDATE sellers SET suspended_from = 'VERIFIED' WHERE status = 'SUSPENDED';
UPDATE sellers SET requested_name = 'Bagong ' || business_name, name_requested_at = market.now()
WHERE status = 'VERIFIED' AND right(slug, 2) = '77';

INSERT INTO suspension_marks (contact_hash, seller_id, created_at)
SELECT sha256(('contact ' || n)::bytea), market.id('seller', market.even(n, 15, market.sellers()::integer)), market.now()
FROM generate_series(1, market.products() / 10) n;

INSERT INTO seller_follows (user_id, seller_id, created_at)
SELECT market.customer(n), market.id('seller', market.skewed(n, 10, market.sellers())), market.now() - interval '1 day' * (n % 400)
FROM generate_series(1, market.products() / 2) n
ON CONFLICT DO NOTHING;

INSERT INTO sessions (id, user_id, user_agent, ip_prefix, created_at, last_used_at, expires_at, ended_at, ended_reason)
SELECT market.id('session', n), market.customer(n), 'Mozilla/5.0', '203.0.113.0', begun_at, begun_at + interval '1 hour', begun_at + interval '30 days',
  CASE WHEN market.noise(n, 11) < 0.3 THEN begun_at + interval '1 hour' END, CASE WHEN market.noise(n, 11) < 0.3 THEN 'LOGOUT' END
FROM generate_series(1, market.products()) n
CROSS JOIN LATERAL (SELECT market.now() - interval '61 days' * (1 - n::float8 / market.products()) - interval '1 minute' AS begun_at) at;

INSERT INTO refresh_tokens (token_hash, session_id, created_at, used_at)
SELECT sha256(('token ' || n)::bytea), market.id('session', 1 + n % market.products()), market.now() - interval '1 day', NULL
FROM generate_series(1, market.products() * 3 / 2) n;

INSERT INTO one_time_codes (id, purpose, target, user_id, ip_prefix, is_familiar, created_at, expires_at, issued_at)
SELECT market.id('code', n), (ARRAY['EMAIL', 'PHONE', 'PASSWORD_RESET'])[1 + n % 3], 'person-' || n || '@example.com',
  market.id('user', n), '203.0.113.0/24', n % 3 < 2, asked_at, asked_at + interval '10 minutes', asked_at
FROM generate_series(1, market.users() / 2) n
CROSS JOIN LATERAL (SELECT market.now() - interval '47 hours' * (1 - n::float8 * 2 / market.users()) AS asked_at) at;

INSERT INTO one_time_codes (id, purpose, target, ip_prefix, created_at, expires_at)
VALUES (market.id('code', 0), 'PASSWORD_RESET', 'person-1@example.com', '203.0.113.0/24', market.now(), market.now() + interval '1 day');

INSERT INTO contact_changes (id, user_id, contact, old_value, new_value, old_confirmed, created_at, confirmed_at, closed_at)
SELECT market.id('change', n), market.id('user', n), 'email', 'person-' || n || '@example.com', 'new-' || n || '@example.com', true,
  market.now() - interval '29 days', CASE WHEN n % 2 = 0 THEN market.now() - interval '28 days' END, NULL
FROM generate_series(1, market.users() / 4) n;

INSERT INTO mfa_recovery_codes (user_id, code_hash)
SELECT market.id('user', 1 + n / 10), sha256(n::text::bytea) FROM generate_series(0, market.users() / 4) n;

INSERT INTO addresses (id, user_id, label, recipient_name, recipient_phone, street, barangay_code, is_default, created_at, updated_at, deleted_at)
SELECT market.id('address', n), market.id('user', CASE WHEN n <= 40 THEN market.first_customer() ELSE n END), 'Home', 'Maria Santos', '+639171234567', n || ' Rizal St.', barangay.code, false,
  market.now() - interval '1 hour' * n, market.now(), CASE WHEN n % 10 = 0 THEN market.now() END
FROM generate_series(1, market.users()) n
JOIN barangay ON barangay.i = 1 + n * 37 % (SELECT count(*) FROM barangay);
