-- Orders with their seller orders, lines and histories. Lines have their totals by now, and all others are sums of them.

CREATE UNLOGGED TABLE seed.deal AS
SELECT p.*, o.id AS order_id, o.user_id, s.id AS seller_id, s.user_id AS seller_user_id, t.subtotal_centavos, t.total_centavos,
  coalesce(s.commission_bps, (seed.demo() ->> 'commission_bps')::integer) AS commission_bps,
  f.order_status, f.allocation_state, f.is_refunded, CASE WHEN is_due THEN t.total_centavos ELSE 0 END AS due_centavos,
  moved_at, delivered_at, paid_at, since + interval '1 hour' * due_hours AS due_at
FROM seed.part p
JOIN seed.placed o USING (n)
JOIN seed.seller s ON s.i = p.seller_i
JOIN seed.fate f ON (f.scenario, f.is_cash, f.is_first) = (p.scenario, p.is_cash, p.is_first)
JOIN (
  SELECT n, seller_i, sum(subtotal_centavos)::bigint AS subtotal_centavos, sum(line_total_centavos)::bigint AS total_centavos
  FROM seed.line JOIN seed.line_total USING (list_price_centavos, unit_price_centavos, quantity_milli) GROUP BY n, seller_i
) t ON t.n = p.n AND t.seller_i = p.seller_i
JOIN (
  SELECT part_n, max(at) AS since, max(at) FILTER (WHERE step <> 0) AS moved_at, max(at) FILTER (WHERE step = 0) AS paid_at
  FROM seed.moment GROUP BY part_n
) m ON m.part_n = p.part_n
LEFT JOIN LATERAL (SELECT at AS delivered_at FROM seed.moment WHERE moment.part_n = p.part_n AND step = delivered_step) d ON true;
CREATE UNIQUE INDEX ON seed.deal (part_n);

CREATE UNLOGGED TABLE seed.whole AS
SELECT n, count(*) > 1 AS has_others, sum(subtotal_centavos)::bigint AS subtotal_centavos, sum(total_centavos)::bigint AS total_centavos,
  sum(due_centavos)::bigint AS due_centavos, coalesce(sum(total_centavos) FILTER (WHERE is_refunded), 0)::bigint AS refunded_centavos,
  max(moved_at) AS moved_at, max(paid_at) AS paid_at
FROM seed.deal GROUP BY n;
CREATE UNIQUE INDEX ON seed.whole (n);
ANALYZE seed.deal, seed.whole;

CREATE FUNCTION seed.user_of(mover text, deal seed.deal) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE mover WHEN 'customer' THEN deal.user_id WHEN 'seller' THEN deal.seller_user_id
    WHEN 'admin' THEN (seed.demo() -> 'people' -> 'admin' ->> 'id')::uuid END;

INSERT INTO orders (id, order_number, user_id, order_status, subtotal_centavos, discount_centavos, total_centavos, shipping_address, notes,
  placed_at, updated_at)
SELECT o.id, order_number, o.user_id, f.order_status, subtotal_centavos, subtotal_centavos - total_centavos, total_centavos, shipping_address,
  CASE WHEN seed.chance(0.1, n, 'note') THEN seed.pick(notes, n, 'which note') END, placed_at, moved_at
FROM seed.placed o JOIN seed.whole USING (n) JOIN seed.order_number USING (n) JOIN seed.customer ON customer.i = customer_i
JOIN seed.order_fate f USING (scenario, is_cash, has_others) CROSS JOIN seed.words
ORDER BY n;

INSERT INTO seller_orders (id, order_id, seller_id, order_status, subtotal_centavos, discount_centavos, total_centavos, commission_bps,
  due_centavos, refunded_centavos, placed_at, updated_at, delivered_at, due_at, cash_collector)
SELECT id, order_id, seller_id, order_status, subtotal_centavos, subtotal_centavos - total_centavos, total_centavos, commission_bps,
  due_centavos, CASE WHEN is_refunded THEN total_centavos ELSE 0 END, placed_at, moved_at, delivered_at, due_at,
  CASE WHEN is_cash THEN 'SELLER' END
FROM seed.deal ORDER BY part_n;

INSERT INTO order_items (id, order_id, seller_order_id, product_id, product_name, unit, tax_class, quantity_milli, list_price_centavos,
  unit_price_centavos, subtotal_centavos, line_total_centavos, promo_id)
SELECT line.id, order_id, deal.id, product_id, p.name, p.unit, p.tax_class, quantity_milli, list_price_centavos, unit_price_centavos,
  t.subtotal_centavos, t.line_total_centavos, promo_id
FROM seed.line JOIN seed.line_total t USING (list_price_centavos, unit_price_centavos, quantity_milli)
JOIN seed.deal USING (n, seller_i) JOIN products p ON p.id = product_id
ORDER BY line_n;

INSERT INTO order_events (id, order_id, seller_order_id, actor_id, actor_role, from_status, to_status, reason, created_at)
SELECT seed.id('event', part_n * 8 + step, at), order_id, id, seed.user_of(mover, deal), mover, from_status, to_status, reason, at
FROM seed.deal JOIN seed.step USING (scenario, is_cash, is_first) JOIN seed.moment USING (part_n, step)
ORDER BY part_n, step;
