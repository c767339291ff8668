-- The money of orders: payments, what the wallet's side knows of them, refunds, and the journal.

INSERT INTO payments (id, order_id, user_id, payment_method, payment_status, amount_centavos, refunded_centavos, provider, provider_reference,
  created_at, updated_at, expires_at, completed_at)
SELECT payment_id, id, user_id, method, payment_status, due_centavos, refunded_centavos, CASE WHEN is_cash THEN 'cod' ELSE 'simulator' END,
  CASE WHEN session IS NOT NULL THEN 'sim_' || seed.id('session', n, placed_at) END, placed_at,
  greatest(placed_at, paid_at, CASE WHEN is_settled THEN moved_at END),
  CASE WHEN NOT is_cash THEN placed_at + interval '1 minute' * (seed.demo() ->> 'expiry_minutes')::integer END,
  CASE completed WHEN 'paid' THEN paid_at WHEN 'settled' THEN moved_at END
FROM seed.placed JOIN seed.whole USING (n) JOIN seed.order_fate USING (scenario, is_cash, has_others)
ORDER BY n;

-- What was paid and then cancelled, or given back after delivery: with the last step.
CREATE UNLOGGED TABLE seed.refund AS
SELECT n, seed.id('refund', part_n, moved_at) AS id, payment_id, deal.id AS seller_order_id, total_centavos, reason,
  seed.user_of(mover, deal) AS actor_id, moved_at
FROM seed.deal JOIN seed.placed o USING (n)
JOIN LATERAL (
  SELECT reason, mover FROM seed.step s
  WHERE (s.scenario, s.is_cash, s.is_first) = (deal.scenario, deal.is_cash, deal.is_first) ORDER BY step DESC LIMIT 1
) last ON true
WHERE is_refunded;
INSERT INTO refunds (id, payment_id, seller_order_id, amount_centavos, reason, status, provider_reference, actor_id, created_at,
  updated_at)
SELECT id, payment_id, seller_order_id, total_centavos, reason, 'COMPLETED', 'sim_refund_' || id, actor_id, moved_at, moved_at
FROM seed.refund;

INSERT INTO simulator_wallet (reference, payment_id, amount_centavos, refunded_centavos, refunds, status, expires_at, created_at)
SELECT p.provider_reference, p.id, p.amount_centavos, p.refunded_centavos, coalesce(refunds, '{}'), session,
  p.expires_at - interval '1 ms' * (seed.demo() ->> 'wallet_margin_ms')::integer, placed_at + interval '1 second'
FROM seed.placed o JOIN seed.whole USING (n) JOIN seed.order_fate USING (scenario, is_cash, has_others)
JOIN payments p ON p.id = o.payment_id
LEFT JOIN (SELECT n, jsonb_object_agg(id, total_centavos) AS refunds FROM seed.refund GROUP BY n) r USING (n)
WHERE session IS NOT NULL;

-- Whole entries in one statement, as their check wants it.
CREATE UNLOGGED TABLE seed.journal AS
SELECT CASE WHEN e.is_first IS NULL THEN seed.id('order entry', n * 8 + e.i, at) ELSE seed.id('entry', part_n * 8 + e.i, at) END AS entry_id,
  kind, order_id, CASE WHEN is_about_seller_order THEN d.id END AS seller_order_id, at, line_number, part_n, account,
  CASE WHEN of_seller THEN seller_id END AS seller_id, subaccount, is_debit,
  CASE amount WHEN 'commission' THEN commission_centavos WHEN 'earned' THEN d.total_centavos - commission_centavos
    ELSE CASE WHEN e.is_first IS NULL AND NOT of_seller THEN whole.total_centavos ELSE d.total_centavos END END AS centavos
FROM seed.deal d
JOIN seed.whole USING (n)
JOIN seed.fate_entry e ON e.scenario = d.scenario AND e.is_cash = d.is_cash
  AND CASE WHEN e.is_first IS NULL THEN of_seller OR d.is_first ELSE e.is_first = d.is_first END
JOIN seed.moment USING (part_n, step)
LEFT JOIN seed.commission c ON c.total_centavos = d.total_centavos AND c.commission_bps = d.commission_bps;

WITH entries AS (
  INSERT INTO journal_entries (id, kind, order_id, seller_order_id, created_at)
  SELECT DISTINCT ON (entry_id) entry_id, kind, order_id, seller_order_id, at FROM seed.journal ORDER BY entry_id
)
INSERT INTO journal_lines (entry_id, line_number, account, seller_id, subaccount, debit_centavos, credit_centavos, created_at)
SELECT entry_id, row_number() OVER (PARTITION BY entry_id ORDER BY line_number, part_n), account, seller_id,
  subaccount, CASE WHEN is_debit THEN centavos ELSE 0 END, CASE WHEN is_debit THEN 0 ELSE centavos END, at
FROM seed.journal WHERE centavos > 0;
