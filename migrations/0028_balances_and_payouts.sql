-- What sellers are owed: closing balances by month, where it is paid to, and the runs that pay it.

-- Months that take no more lines. `summed_at`: each seller's closing balance is below.
CREATE TABLE closed_months (
  month date PRIMARY KEY,
  ends_at timestamptz NOT NULL,
  closed_at timestamptz NOT NULL,
  summed_at timestamptz,
  CONSTRAINT closed_months_first_day CHECK (extract(day FROM month) = 1),
  CONSTRAINT closed_months_over CHECK (ends_at < closed_at)
);

-- Of sellers for whom something was booked in the month.
CREATE TABLE seller_balances (
  seller_id uuid NOT NULL REFERENCES sellers,
  month date NOT NULL REFERENCES closed_months,
  ends_at timestamptz NOT NULL,
  payable_centavos bigint NOT NULL,
  in_payout_centavos bigint NOT NULL,
  PRIMARY KEY (seller_id, month)
);

CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added WHERE created_at < (SELECT max(ends_at) FROM closed_months)) THEN
    RAISE EXCEPTION 'the month is closed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_lines_closed_month AFTER INSERT ON journal_lines
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_month();

-- A seller's balance: what is owed, what is on its way to their bank, and what of the first is pending: earned by
-- deliveries since `claims_from`, whose customers may still complain.
CREATE FUNCTION seller_balance(seller uuid, claims_from timestamptz)
RETURNS TABLE (payable_centavos bigint, in_payout_centavos bigint, pending_centavos bigint)
LANGUAGE sql STABLE AS $$
  WITH closing AS (
    SELECT b.payable_centavos, b.in_payout_centavos, b.ends_at FROM seller_balances b
    WHERE b.seller_id = seller ORDER BY b.month DESC LIMIT 1
  ), since AS (
    SELECT
      coalesce(sum(l.credit_centavos - l.debit_centavos) FILTER (WHERE l.account = 'SELLER_PAYABLE'), 0) AS payable,
      coalesce(sum(l.credit_centavos - l.debit_centavos) FILTER (WHERE l.account = 'PAYOUT_CLEARING'), 0) AS in_payout
    FROM journal_lines l
    WHERE l.seller_id = seller AND l.created_at >= coalesce((SELECT ends_at FROM closing), '-infinity')
  ), recent AS (
    SELECT sum(l.credit_centavos - l.debit_centavos) AS centavos
    FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id
    WHERE l.seller_id = seller AND l.account = 'SELLER_PAYABLE' AND l.created_at > claims_from
      AND e.seller_order_id IS NOT NULL
    GROUP BY e.seller_order_id HAVING bool_or(e.kind = 'SELLER_ORDER_DELIVERED')
  )
  SELECT (coalesce((SELECT closing.payable_centavos FROM closing), 0) + since.payable)::bigint,
    (coalesce((SELECT closing.in_payout_centavos FROM closing), 0) + since.in_payout)::bigint,
    (SELECT coalesce(sum(greatest(centavos, 0)), 0)::bigint FROM recent)
  FROM since
$$;

-- Where a seller is paid, and the row that all who move their money lock first.
CREATE TABLE seller_accounts (
  seller_id uuid PRIMARY KEY REFERENCES sellers,
  bank_code text NOT NULL CHECK (bank_code ~ '^[A-Z0-9]{4,11}$'),
  account_name text NOT NULL CHECK (is_line(account_name, 120)),
  -- Encrypted for this seller.
  account_number bytea NOT NULL,
  account_last4 text NOT NULL,
  changed_at timestamptz NOT NULL
);

CREATE TABLE payout_runs (
  id uuid PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('DRAFT', 'APPROVED', 'CANCELLED')),
  minimum_centavos bigint NOT NULL CHECK (minimum_centavos > 0),
  -- What it drafted: amounts do not change afterwards.
  payout_count integer NOT NULL CHECK (payout_count >= 0),
  total_centavos bigint NOT NULL CHECK (total_centavos >= 0),
  created_by uuid NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  decided_by uuid REFERENCES users,
  decided_at timestamptz,
  CONSTRAINT payout_runs_decided CHECK ((status = 'DRAFT') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
  -- One person alone pays nobody.
  CONSTRAINT payout_runs_two_people CHECK (status <> 'APPROVED' OR decided_by <> created_by)
);
CREATE INDEX payout_runs_created_idx ON payout_runs (created_at, id);

CREATE TABLE payouts (
  id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES payout_runs,
  seller_id uuid NOT NULL REFERENCES sellers,
  status text NOT NULL CHECK (status IN ('DRAFT', 'STARTED', 'PAID', 'RETURNED', 'FAILED', 'SKIPPED')),
  amount_centavos bigint NOT NULL CHECK (amount_centavos > 0),
  rail text NOT NULL CHECK (rail IN ('INSTAPAY', 'PESONET')),
  bank_code text NOT NULL,
  account_name text NOT NULL,
  account_number bytea NOT NULL,
  account_last4 text NOT NULL,
  -- The bank's, and why it did not end well.
  reference text,
  reason text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT payouts_one_per_run UNIQUE (run_id, seller_id),
  CONSTRAINT payouts_instapay_limit CHECK (rail <> 'INSTAPAY' OR amount_centavos <= 5000000)
);
CREATE INDEX payouts_seller_idx ON payouts (seller_id, created_at, id);
CREATE INDEX payouts_draft_idx ON payouts (created_at, id) WHERE status = 'DRAFT';

ALTER TABLE journal_entries ADD COLUMN payout_id uuid REFERENCES payouts;
CREATE INDEX journal_entries_payout_idx ON journal_entries (payout_id) WHERE payout_id IS NOT NULL;
