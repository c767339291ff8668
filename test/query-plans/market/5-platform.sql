-- What every deed leaves behind: audit entries, the outbox, kept answers, messages and finished jobs.

INSERT INTO audit_entries (id, actor_id, actor_role, action, object_type, object_id, changes, created_at)
SELECT market.id('audit', n), market.customer(n), 'customer',
  (ARRAY['session.started', 'order.placed', 'product.changed', 'review.written', 'session.ended'])[market.skewed(n, 71, 5)],
  CASE WHEN n % 3 = 0 THEN 'order' ELSE 'user' END, market.id('order', market.skewed(n, 72, market.orders()))::text, '{}',
  market.now() - interval '400 days' * (1 - n::float8 / (2 * market.products())) - interval '1 minute'
FROM generate_series(1, 2 * market.products()) n;

INSERT INTO audit_seals (seq, entry_id, key_id, hash, sealed_at)
SELECT n, market.id('audit', n), 'test', sha256(n::text::bytea), market.now() FROM generate_series(1, 2 * market.products() - 20) n;
INSERT INTO audit_unsealed SELECT market.id('audit', n) FROM generate_series(2 * market.products() - 19, 2 * market.products()) n;

INSERT INTO outbox_messages (id, topic, payload, created_at, dispatched_at)
SELECT market.id('message', n), 'user.registered', json_build_object('user_id', market.id('user', 1 + n % market.users())),
  at, CASE WHEN n <= market.products() - 20 THEN at + interval '1 second' END
FROM generate_series(1, market.products()) n
CROSS JOIN LATERAL (SELECT market.now() - interval '10 seconds' * (market.products() - n) AS at) moment;

INSERT INTO idempotency_keys (user_id, key, request_hash, status, headers, body, created_at)
SELECT market.customer(n), 'key-' || n, '\x00', 201, '{}', '{}', market.now() - interval '2 seconds' * n FROM generate_series(1, market.orders()) n;

INSERT INTO pgboss.job (name, state, created_on, started_on, completed_on)
SELECT 'notifications.send-message', 'completed', at, at, at
FROM generate_series(1, market.products()) n CROSS JOIN LATERAL (SELECT now() - interval '1 second' * n AS at) moment;
