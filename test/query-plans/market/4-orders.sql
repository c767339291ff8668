-- Orders of skewed buyers and products over a year, the newest still open, with all that belongs to them.

CREATE TEMPORARY TABLE line ON COMMIT DROP AS
SELECT o.n, o.n * 64 + i AS line_n, p.id AS product_id, p.seller_id, p.name, p.unit, p.tax_class, p.price_centavos,
  1000 * market.skewed(o.n * 64 + i, 53, 3) AS quantity_milli, p.price_centavos * market.skewed(o.n * 64 + i, 53, 3) AS total_centavos
FROM generate_series(1, market.orders()) AS o (n)
CROSS JOIN LATERAL generate_series(1, CASE WHEN o.n % 1000 = 0 THEN 50 ELSE market.skewed(o.n, 51, 5) END) i
JOIN products p ON p.id = market.id('product', market.skewed(o.n * 64 + i, 52, market.products()));

CREATE TEMPORARY TABLE part ON COMMIT DROP AS
SELECT n, row_number() OVER (ORDER BY n, seller_id) AS part_n, seller_id, sum(total_centavos) AS total_centavos, market.status_of(n) AS order_status,
  market.placed_at(n) AS placed_at
FROM line GROUP BY n, seller_id;
CREATE UNIQUE INDEX ON part (n, seller_id);
ANALYZE line, part;

INSERT INTO orders (id, order_number, user_id, order_status, subtotal_centavos, discount_centavos, total_centavos, shipping_address, placed_at, updated_at, archived_at)
SELECT market.id('order', n), 'OID-2026-' || lpad(n::text, 6, '0'), market.customer(n), market.status_of(n), sum(total_centavos), 0, sum(total_centavos),
  '{"recipient_name": "Maria Santos", "recipient_phone": "+639171234567", "street": "12 Rizal St.", "landmark": null,
    "barangay_code": "1380607001", "barangay": "Ermita", "city": "City of Manila", "province": null, "region": "NCR", "zip_code": null}',
  market.placed_at(n), market.placed_at(n), CASE WHEN n % 25 = 0 THEN market.now() END
FROM line GROUP BY n;

INSERT INTO seller_orders (id, order_id, seller_id, order_status, subtotal_centavos, discount_centavos, total_centavos, due_centavos, commission_bps, placed_at, updated_at, delivered_at, due_at)
SELECT market.id('part', part_n), market.id('order', n), seller_id, order_status, total_centavos, 0, total_centavos, total_centavos, 1000, placed_at, placed_at,
  CASE WHEN order_status = 'DELIVERED' THEN placed_at + interval '2 days' END,
  -- Nearly all are due in some hours; few so soon that their sellers are reminded.
  CASE WHEN order_status IN ('PENDING', 'CONFIRMED') THEN market.now() + interval '1 hour' * CASE part_n % 100 WHEN 0 THEN 2 ELSE 5 + part_n % 60 END END
FROM part;

INSERT INTO order_items (id, order_id, seller_order_id, product_id, product_name, unit, tax_class, quantity_milli, list_price_centavos,
  unit_price_centavos, subtotal_centavos, line_total_centavos)
SELECT market.id('item', line_n), market.id('order', n), market.id('part', part_n), product_id, name, unit, tax_class, quantity_milli, price_centavos,
  price_centavos, line.total_centavos, line.total_centavos
FROM line JOIN part USING (n, seller_id);

INSERT INTO order_item_allocations (id, order_item_id, lot_id, quantity_milli, state)
SELECT market.id('allocation', line_n), market.id('item', line_n), market.id('lot', market.number_of(product_id) * 512 + 1), quantity_milli,
  CASE market.status_of(n) WHEN 'DELIVERED' THEN 'SOLD' WHEN 'CANCELLED' THEN 'RELEASED' ELSE 'RESERVED' END
FROM line;

UPDATE lots SET reserved_milli = reserved.milli, on_hand_milli = on_hand_milli + reserved.milli
FROM (SELECT lot_id, sum(quantity_milli) AS milli FROM order_item_allocations WHERE state = 'RESERVED' GROUP BY lot_id) reserved
WHERE lots.id = reserved.lot_id;

INSERT INTO stock_movements (id, lot_id, product_id, delta_milli, reason, created_at)
SELECT market.id('restock', market.number_of(lot_id)), lot_id, product_id, reserved_milli, 'RESTOCK', lots.created_at
FROM (SELECT id AS lot_id, * FROM lots WHERE reserved_milli > 0) lots;

INSERT INTO order_events (id, order_id, seller_order_id, actor_role, from_status, to_status, created_at)
SELECT market.id('event ' || step, part_n), market.id('order', n), market.id('part', part_n), CASE step WHEN 1 THEN 'customer' ELSE 'seller' END,
  CASE step WHEN 2 THEN 'PENDING' END, CASE step WHEN 1 THEN 'PENDING' ELSE order_status END, placed_at + interval '1 hour' * step
FROM part CROSS JOIN generate_series(1, 2) step WHERE step = 1 OR order_status <> 'PENDING';

INSERT INTO payments (id, order_id, user_id, payment_method, payment_status, amount_centavos, provider, provider_reference, created_at, updated_at, expires_at, completed_at)
SELECT market.id('payment', o.n), market.id('order', o.n), market.customer(o.n), CASE WHEN is_cash THEN 'COD' ELSE 'GCASH' END, status, total_centavos,
  CASE WHEN is_cash THEN 'cod' ELSE 'simulator' END, CASE WHEN NOT is_cash THEN 'sim_' || o.n END, placed_at, placed_at,
  CASE WHEN NOT is_cash THEN placed_at + interval '15 minutes' END, CASE WHEN status = 'COMPLETED' THEN placed_at END
FROM (SELECT n, sum(total_centavos) AS total_centavos FROM part GROUP BY n) o
CROSS JOIN LATERAL (
  SELECT o.n % 2 = 0 AS is_cash, market.placed_at(o.n) AS placed_at,
    CASE market.status_of(o.n) WHEN 'DELIVERED' THEN 'COMPLETED' WHEN 'CANCELLED' THEN 'FAILED'
      ELSE CASE WHEN o.n % 2 = 0 OR market.status_of(o.n) = 'PENDING' THEN 'PENDING' ELSE 'COMPLETED' END END AS status
) p;

INSERT INTO refunds (id, payment_id, seller_order_id, amount_centavos, reason, status, created_at, updated_at)
SELECT market.id('refund', part_n), market.id('payment', n), market.id('part', part_n), 1, 'Bruised', 'COMPLETED', placed_at, placed_at
FROM part WHERE n % 7 = 0;

INSERT INTO provider_events (provider, event_id, kind, provider_reference, received_at)
SELECT 'simulator', 'event_' || n, 'PAID', 'sim_' || n, market.placed_at(n) FROM generate_series(1, market.orders(), 2) n;
INSERT INTO simulator_wallet (reference, payment_id, amount_centavos, status, expires_at, created_at)
SELECT 'sim_' || n, market.id('payment', n), 1, 'PAID', market.placed_at(n), market.placed_at(n) FROM generate_series(1, market.orders(), 2) n;

INSERT INTO journal_entries (id, kind, order_id, seller_order_id, created_at)
SELECT market.id('placed', part_n), 'ORDER_PLACED', market.id('order', n), NULL, placed_at FROM part
UNION ALL
SELECT market.id('paid', part_n), 'PAYMENT_RECEIVED', market.id('order', n), market.id('part', part_n), placed_at FROM part WHERE order_status = 'DELIVERED';
INSERT INTO journal_lines (entry_id, line_number, account, seller_id, debit_centavos, credit_centavos)
SELECT market.id('placed', part_n), 1, 'BUYER_RECEIVABLE', NULL, total_centavos, 0 FROM part
UNION ALL SELECT market.id('placed', part_n), 2, 'ORDER_LIABILITY', seller_id, 0, total_centavos FROM part
UNION ALL SELECT market.id('paid', part_n), 1, 'WALLET_CLEARING', NULL, total_centavos, 0 FROM part WHERE order_status = 'DELIVERED'
UNION ALL SELECT market.id('paid', part_n), 2, 'BUYER_RECEIVABLE', NULL, 0, total_centavos FROM part WHERE order_status = 'DELIVERED';

INSERT INTO reviews (id, product_id, user_id, reviewer_name, rating, comment, created_at, updated_at)
SELECT market.id('review', n), market.id('product', market.skewed(n, 61, market.products())), market.customer(n), 'Maria S.', 1 + n % 5, 'Sweet and crisp.',
  market.now() - interval '5 minutes' * n, market.now()
FROM generate_series(1, market.products()) n
ON CONFLICT DO NOTHING;

INSERT INTO carts (user_id) SELECT market.id('user', n) FROM generate_series(1, market.users(), 2) n;
INSERT INTO cart_items (id, user_id, product_id, quantity_milli, created_at)
SELECT market.id('cart item', n), market.id('user', 1 + 2 * (n % (market.users() / 2))), market.id('product', market.skewed(n, 62, market.products())), 1000, market.now()
FROM generate_series(1, market.users()) n
ON CONFLICT DO NOTHING;

SELECT setval('order_number_seq', market.orders());
