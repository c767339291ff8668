-- What a seller order may give back, lists of orders by the status that they show, and movements that name their order.

-- What the customer is asked to pay for a seller order: its total, and nothing once it was cancelled before it was asked
-- for. The payment's amount is their sum, and no more than this can be refunded of one.
ALTER TABLE seller_orders ADD COLUMN due_centavos bigint;
-- Until a wallet's session began, the payment's amount fell with each seller order that was cancelled. Which those are is
-- not recorded, but they are the first: as many as add up to what the amount has lost.
WITH unpaid AS (
  SELECT s.id, sum(s.total_centavos) OVER (PARTITION BY s.order_id ORDER BY cancelled.at, s.id) AS cancelled_centavos,
    (SELECT sum(total_centavos) FROM seller_orders WHERE order_id = s.order_id) - p.amount_centavos AS fallen_centavos
  FROM seller_orders s
  JOIN payments p ON p.order_id = s.order_id
  CROSS JOIN LATERAL (
    SELECT max(created_at) AS at FROM order_events
    WHERE order_id = s.order_id AND seller_order_id = s.id AND to_status = 'CANCELLED') cancelled
  WHERE s.order_status = 'CANCELLED' AND p.payment_method <> 'COD' AND p.payment_status IN ('PENDING', 'FAILED')
)
UPDATE seller_orders s SET due_centavos = CASE
    WHEN s.order_status <> 'CANCELLED' OR s.refunded_centavos > 0 THEN s.total_centavos
    WHEN p.payment_method = 'COD' OR p.payment_status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED') THEN 0
    WHEN s.id IN (SELECT id FROM unpaid WHERE cancelled_centavos <= fallen_centavos) THEN 0
    ELSE s.total_centavos
  END
FROM payments p WHERE p.order_id = s.order_id;
ALTER TABLE seller_orders ALTER COLUMN due_centavos SET NOT NULL;
ALTER TABLE seller_orders DROP CONSTRAINT seller_orders_refunded;
ALTER TABLE seller_orders ADD CONSTRAINT seller_orders_due CHECK (due_centavos BETWEEN 0 AND total_centavos);
ALTER TABLE seller_orders ADD CONSTRAINT seller_orders_refunded CHECK (refunded_centavos BETWEEN 0 AND due_centavos);

-- A seller's orders by the status of their own share, and what customers have archived.
CREATE INDEX seller_orders_status_idx ON seller_orders (seller_id, order_status, placed_at, order_id);
CREATE INDEX orders_archived_idx ON orders (placed_at, id) WHERE archived_at IS NOT NULL;

-- Goods that rotted while they waited are taken from another lot: both movements name the order.
ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_reason_check;
ALTER TABLE stock_movements ADD CONSTRAINT stock_movements_reason_check CHECK (reason IN
  ('HARVEST', 'SALE', 'RESTOCK', 'REALLOCATION', 'SPOILAGE', 'COUNT', 'RETURN', 'DAMAGE', 'OTHER'));
