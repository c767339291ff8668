-- What the metrics show of the marketplace, kept so that reading it costs the same with a thousand orders or a billion.

-- Partial sums of what was ever counted; the totals are the sums over all rows. Writers only add rows, so that no two of
-- them wait for each other; a job adds old rows up into one.
CREATE TABLE business_counts (
  orders_created bigint NOT NULL DEFAULT 0,
  revenue_centavos bigint NOT NULL DEFAULT 0,
  products_viewed bigint NOT NULL DEFAULT 0
);

CREATE FUNCTION count_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO business_counts (orders_created) SELECT count(*) FROM added HAVING count(*) > 0;
  RETURN NULL;
END $$;

CREATE FUNCTION count_revenue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO business_counts (revenue_centavos)
  SELECT sum(line.debit_centavos) FROM added line JOIN journal_entries entry ON entry.id = line.entry_id
  WHERE entry.kind = 'PAYMENT_RECEIVED' AND line.account IN ('WALLET_CLEARING', 'COD_CLEARING')
  HAVING sum(line.debit_centavos) > 0;
  RETURN NULL;
END $$;

CREATE FUNCTION count_first_views() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO business_counts (products_viewed) SELECT sum(view_count) FROM added HAVING sum(view_count) > 0;
  RETURN NULL;
END $$;

CREATE FUNCTION count_views() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO business_counts (products_viewed)
  SELECT sum(later.view_count - earlier.view_count) FROM later JOIN earlier USING (product_id)
  HAVING sum(later.view_count - earlier.view_count) > 0;
  RETURN NULL;
END $$;

-- Each waits for writers in flight and holds new ones off until the sums below are in.
CREATE TRIGGER orders_count AFTER INSERT ON orders
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_orders();
CREATE TRIGGER journal_lines_count AFTER INSERT ON journal_lines
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_revenue();
CREATE TRIGGER product_counters_count_first AFTER INSERT ON product_counters
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_first_views();
CREATE TRIGGER product_counters_count AFTER UPDATE ON product_counters
  REFERENCING OLD TABLE AS earlier NEW TABLE AS later FOR EACH STATEMENT EXECUTE FUNCTION count_views();

INSERT INTO business_counts (orders_created, revenue_centavos, products_viewed)
SELECT
  (SELECT count(*) FROM orders),
  (SELECT coalesce(sum(line.debit_centavos), 0) FROM journal_lines line JOIN journal_entries entry ON entry.id = line.entry_id
    WHERE entry.kind = 'PAYMENT_RECEIVED' AND line.account IN ('WALLET_CLEARING', 'COD_CLEARING')),
  (SELECT coalesce(sum(view_count), 0) FROM product_counters);

-- What each rule of check-invariants found when it was last asked.
CREATE TABLE invariant_checks (
  invariant text PRIMARY KEY,
  violations integer NOT NULL CHECK (violations >= 0),
  checked_at timestamptz NOT NULL
);
