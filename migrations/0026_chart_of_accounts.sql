-- The chart of accounts: who holds cash, what is at which provider, and accounts for payouts, refunds, fees and tax.

-- A key names the event that an entry books, so that nothing is booked twice.
ALTER TABLE journal_entries ADD COLUMN key text CONSTRAINT journal_entries_key UNIQUE;
ALTER TABLE journal_entries DROP CONSTRAINT journal_entries_kind_check;

-- Whose part of the account it is, where that is no seller: a provider, or a cash session. A line also has the time of its
-- entry, so that one index gives a seller's lines of a month.
ALTER TABLE journal_lines ADD COLUMN subaccount text, ADD COLUMN created_at timestamptz;
ALTER TABLE journal_lines DROP CONSTRAINT journal_lines_account_check;
ALTER TABLE journal_lines DROP CONSTRAINT journal_lines_seller;

-- What is booked changes names only. Cash was given back by the platform, not out of what was collected.
ALTER TABLE journal_entries DISABLE TRIGGER journal_entries_append_only;
ALTER TABLE journal_lines DISABLE TRIGGER journal_lines_append_only;
UPDATE journal_entries SET kind = 'PAYOUT_STARTED' WHERE kind = 'PAYOUT';
UPDATE journal_lines l SET created_at = e.created_at,
  account = CASE
    WHEN l.account <> 'COD_CLEARING' THEN l.account
    WHEN e.kind = 'REFUND' THEN 'BANK'
    ELSE 'RIDER_CASH' END,
  subaccount = CASE WHEN l.account = 'WALLET_CLEARING' THEN (SELECT provider FROM payments p WHERE p.order_id = e.order_id) END
FROM journal_entries e WHERE e.id = l.entry_id;
ALTER TABLE journal_entries ENABLE TRIGGER journal_entries_append_only;
ALTER TABLE journal_lines ENABLE TRIGGER journal_lines_append_only;

ALTER TABLE journal_lines ALTER COLUMN created_at SET NOT NULL;
ALTER TABLE journal_entries ADD CONSTRAINT journal_entries_kind CHECK (kind IN (
  'ORDER_PLACED', 'ORDER_CANCELLED', 'PAYMENT_RECEIVED', 'PROVIDER_FEE', 'SELLER_ORDER_DELIVERED',
  'REFUND', 'REFUND_SETTLED', 'REFUND_FAILED', 'CASH_COLLECTED', 'CASH_HANDED_IN',
  'PAYOUT_STARTED', 'PAYOUT_PAID', 'PAYOUT_RETURNED', 'WITHHOLDING', 'ADJUSTMENT'));
ALTER TABLE journal_lines ADD CONSTRAINT journal_lines_account CHECK (account IN (
  'CUSTOMER_RECEIVABLE', 'ORDER_LIABILITY', 'WALLET_CLEARING', 'RIDER_CASH', 'BANK', 'SELLER_PAYABLE', 'PAYOUT_CLEARING',
  'REFUND_PAYABLE', 'WITHHOLDING_TAX_PAYABLE', 'COMMISSION_REVENUE', 'PROVIDER_FEES', 'PROMO_EXPENSE', 'GOODWILL_EXPENSE',
  'CASH_DIFFERENCE'));
ALTER TABLE journal_lines ADD CONSTRAINT journal_lines_seller CHECK (seller_id IS NOT NULL OR account NOT IN (
  'ORDER_LIABILITY', 'SELLER_PAYABLE', 'PAYOUT_CLEARING', 'WITHHOLDING_TAX_PAYABLE'));
-- Cash that was not handed in yet is in no session.
ALTER TABLE journal_lines ADD CONSTRAINT journal_lines_subaccount CHECK (CASE
  WHEN account IN ('WALLET_CLEARING', 'PROVIDER_FEES') THEN subaccount IS NOT NULL
  ELSE subaccount IS NULL OR account = 'RIDER_CASH' END);
CREATE INDEX journal_lines_seller_idx ON journal_lines (seller_id, created_at) WHERE seller_id IS NOT NULL;

-- Money comes in at a provider, in a rider's or in a seller's hands.
CREATE OR REPLACE FUNCTION count_revenue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO business_counts (revenue_centavos)
  SELECT sum(line.debit_centavos) FROM added line JOIN journal_entries entry ON entry.id = line.entry_id
  WHERE entry.kind = 'PAYMENT_RECEIVED'
  HAVING sum(line.debit_centavos) > 0;
  RETURN NULL;
END $$;
