CREATE TABLE payments (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL UNIQUE REFERENCES orders,
  user_id uuid NOT NULL REFERENCES users,
  payment_method text NOT NULL CHECK (payment_method IN ('GCASH', 'MAYA', 'COD')),
  payment_status text NOT NULL CHECK (payment_status IN ('PENDING', 'COMPLETED', 'FAILED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
  amount_centavos bigint NOT NULL CHECK (amount_centavos >= 0),
  refunded_centavos bigint NOT NULL DEFAULT 0,
  currency char(3) NOT NULL DEFAULT 'PHP',
  provider text NOT NULL,
  provider_reference text,
  -- Where the wallet's page is, once the session was started.
  wallet_url text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz,
  completed_at timestamptz,
  CONSTRAINT payments_refunded CHECK (refunded_centavos BETWEEN 0 AND amount_centavos),
  CONSTRAINT payments_wallet_expires CHECK (payment_method = 'COD' OR expires_at IS NOT NULL)
);
CREATE INDEX payments_user_idx ON payments (user_id, created_at, id);
CREATE INDEX payments_created_idx ON payments (created_at, id);
CREATE INDEX payments_expiry_idx ON payments (expires_at) WHERE payment_status = 'PENDING';
CREATE UNIQUE INDEX payments_reference_key ON payments (provider, provider_reference) WHERE provider_reference IS NOT NULL;

CREATE TABLE refunds (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  seller_order_id uuid NOT NULL REFERENCES seller_orders,
  amount_centavos bigint NOT NULL CHECK (amount_centavos > 0),
  reason text NOT NULL,
  -- PENDING: it is in the ledger, the provider has yet to confirm it.
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED')),
  provider_reference text,
  actor_id uuid REFERENCES users,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX refunds_payment_idx ON refunds (payment_id);
CREATE INDEX refunds_pending_idx ON refunds (created_at) WHERE status = 'PENDING';

-- Events of providers, once each: the primary key is the deduplication.
CREATE TABLE provider_events (
  provider text NOT NULL,
  event_id text NOT NULL,
  kind text NOT NULL,
  provider_reference text NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (provider, event_id)
);

-- The simulator's own records: what a real wallet would keep on its side.
CREATE TABLE simulator_wallet (
  reference text PRIMARY KEY,
  payment_id uuid NOT NULL UNIQUE,
  amount_centavos bigint NOT NULL CHECK (amount_centavos >= 0),
  refunded_centavos bigint NOT NULL DEFAULT 0,
  -- { refund_id: centavos }; in this row, so that one conditional update decides a refund.
  refunds jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'PAID', 'FAILED', 'EXPIRED')),
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT simulator_wallet_refunded CHECK (refunded_centavos BETWEEN 0 AND amount_centavos)
);

CREATE TABLE journal_entries (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('ORDER_PLACED', 'ORDER_CANCELLED', 'PAYMENT_RECEIVED', 'SELLER_ORDER_DELIVERED', 'REFUND', 'PAYOUT')),
  order_id uuid REFERENCES orders,
  seller_order_id uuid REFERENCES seller_orders,
  created_at timestamptz NOT NULL
);
CREATE INDEX journal_entries_order_idx ON journal_entries (order_id);
CREATE INDEX journal_entries_created_idx ON journal_entries (created_at);

CREATE TABLE journal_lines (
  entry_id uuid NOT NULL REFERENCES journal_entries,
  line_number integer NOT NULL,
  account text NOT NULL CHECK (account IN
    ('CUSTOMER_RECEIVABLE', 'ORDER_LIABILITY', 'WALLET_CLEARING', 'COD_CLEARING', 'SELLER_PAYABLE', 'COMMISSION_REVENUE')),
  seller_id uuid REFERENCES sellers,
  debit_centavos bigint NOT NULL DEFAULT 0 CHECK (debit_centavos >= 0),
  credit_centavos bigint NOT NULL DEFAULT 0 CHECK (credit_centavos >= 0),
  PRIMARY KEY (entry_id, line_number),
  CONSTRAINT journal_lines_one_side CHECK ((debit_centavos = 0) <> (credit_centavos = 0)),
  CONSTRAINT journal_lines_seller CHECK (account <> 'SELLER_PAYABLE' OR seller_id IS NOT NULL)
);
CREATE INDEX journal_lines_account_idx ON journal_lines (account, seller_id);

CREATE TRIGGER journal_entries_append_only BEFORE UPDATE OR DELETE ON journal_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_entries_no_truncate BEFORE TRUNCATE ON journal_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_lines_append_only BEFORE UPDATE OR DELETE ON journal_lines
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_lines_no_truncate BEFORE TRUNCATE ON journal_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Deferred, because an entry is whole only at commit.
CREATE FUNCTION check_journal_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entry uuid := coalesce(to_jsonb(NEW) ->> 'entry_id', to_jsonb(NEW) ->> 'id');
  difference bigint;
BEGIN
  SELECT sum(debit_centavos) - sum(credit_centavos) INTO difference FROM journal_lines WHERE entry_id = entry;
  IF difference IS DISTINCT FROM 0 THEN
    RAISE EXCEPTION 'journal entry % is out of balance by %', entry, coalesce(difference::text, 'having no lines')
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_lines_balance AFTER INSERT ON journal_lines
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balance();
CREATE CONSTRAINT TRIGGER journal_entries_balance AFTER INSERT ON journal_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balance();
