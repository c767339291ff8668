-- Cash: who takes it of customers, and riders who hand theirs in.

ALTER TABLE sellers ADD COLUMN cash_collector text NOT NULL DEFAULT 'SELLER' CHECK (cash_collector IN ('SELLER', 'RIDER'));

-- A rider's cash of some deliveries, counted when it is handed in.
CREATE TABLE cash_sessions (
  id uuid PRIMARY KEY,
  rider_name text NOT NULL,
  status text NOT NULL CHECK (status IN ('OPEN', 'CLOSED')),
  opened_by uuid NOT NULL REFERENCES users,
  opened_at timestamptz NOT NULL,
  closed_by uuid REFERENCES users,
  closed_at timestamptz,
  -- What its orders come to, and what was counted.
  expected_centavos bigint CHECK (expected_centavos >= 0),
  counted_centavos bigint CHECK (counted_centavos >= 0),
  explanation text,
  CONSTRAINT cash_sessions_rider_line CHECK (is_line(rider_name, 120)),
  CONSTRAINT cash_sessions_closed CHECK (
    (status = 'CLOSED') = (closed_at IS NOT NULL)
    AND (closed_at IS NULL) = (closed_by IS NULL)
    AND (closed_at IS NULL) = (expected_centavos IS NULL)
    AND (closed_at IS NULL) = (counted_centavos IS NULL)),
  CONSTRAINT cash_sessions_explained CHECK (counted_centavos = expected_centavos OR explanation IS NOT NULL)
);
CREATE INDEX cash_sessions_opened_idx ON cash_sessions (opened_at, id);
CREATE INDEX cash_sessions_status_idx ON cash_sessions (status, opened_at, id);

-- As agreed at checkout; null where a wallet pays. What was there before is booked as cash with riders.
ALTER TABLE seller_orders ADD COLUMN cash_collector text CHECK (cash_collector IN ('SELLER', 'RIDER'));
-- One column: nothing can be in two sessions.
ALTER TABLE seller_orders ADD COLUMN cash_session_id uuid REFERENCES cash_sessions;
UPDATE seller_orders s SET cash_collector = 'RIDER' FROM payments p WHERE p.order_id = s.order_id AND p.payment_method = 'COD';
ALTER TABLE seller_orders ADD CONSTRAINT seller_orders_cash_session CHECK (
  cash_session_id IS NULL OR (cash_collector = 'RIDER' AND delivered_at IS NOT NULL) IS TRUE);
CREATE INDEX seller_orders_cash_session_idx ON seller_orders (cash_session_id) WHERE cash_session_id IS NOT NULL;
CREATE INDEX seller_orders_uncollected_idx ON seller_orders (delivered_at, id)
  WHERE cash_collector = 'RIDER' AND delivered_at IS NOT NULL AND cash_session_id IS NULL;
