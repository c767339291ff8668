-- Indexes that every list, lookup and sweep reads through however large its table grows, and counts that are kept.

-- Lists of users by name and by what is rare.
CREATE INDEX users_last_name_idx ON users (lower(last_name), id) WHERE deleted_at IS NULL;
CREATE INDEX users_inactive_idx ON users (created_at, id) WHERE deleted_at IS NULL AND NOT is_active;
CREATE INDEX users_unverified_idx ON users (created_at, id)
  WHERE deleted_at IS NULL AND email_verified_at IS NULL AND phone_verified_at IS NULL;
CREATE INDEX users_erased_idx ON users (erased_at) WHERE erased_at IS NOT NULL;

-- Ended sessions and removed addresses too: whoever is erased is erased everywhere.
DROP INDEX sessions_user_idx;
CREATE INDEX sessions_user_idx ON sessions (user_id, created_at, id);
DROP INDEX addresses_user_idx;
CREATE INDEX addresses_user_idx ON addresses (user_id, created_at, id);
CREATE INDEX reviews_user_idx ON reviews (user_id);

CREATE INDEX places_name_idx ON places (name, code);

-- What a promo's state is decided by; those that have ended are many.
CREATE INDEX promos_inactive_idx ON promos (created_at, id) WHERE deleted_at IS NULL AND NOT is_active;
CREATE INDEX promos_starts_idx ON promos (starts_at) WHERE deleted_at IS NULL AND is_active;
CREATE INDEX promos_ends_idx ON promos (ends_at) WHERE deleted_at IS NULL AND is_active;

CREATE INDEX payments_unsettled_idx ON payments (created_at)
  WHERE provider_reference IS NOT NULL AND payment_status IN ('PENDING', 'FAILED');

-- An object's id finds its entries without its type too, and a type lists its own in order.
DROP INDEX audit_entries_object_idx;
CREATE INDEX audit_entries_object_idx ON audit_entries (object_id, object_type, created_at, id);
CREATE INDEX audit_entries_type_idx ON audit_entries (object_type, created_at, id);

-- Products on sale by category, as partial sums: a total is the sum over all rows of its category. Writers only add
-- rows, so that no two of them wait for each other; a job adds old rows up.
CREATE TABLE category_product_counts (
  category_id uuid NOT NULL,
  number integer NOT NULL
);
CREATE INDEX category_product_counts_category_idx ON category_product_counts (category_id);

CREATE FUNCTION count_added_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO category_product_counts (category_id, number)
  SELECT category_id, count(*) FROM added WHERE on_sale GROUP BY category_id;
  RETURN NULL;
END $$;

CREATE FUNCTION count_changed_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.on_sale THEN
    INSERT INTO category_product_counts (category_id, number) VALUES (OLD.category_id, -1);
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.on_sale THEN
    INSERT INTO category_product_counts (category_id, number) VALUES (NEW.category_id, 1);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER product_listing_count_added AFTER INSERT ON product_listing
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_listings();
-- By row and only where these two change: a sale, which rewrites the stock columns alone, pays nothing.
CREATE TRIGGER product_listing_count_changed AFTER UPDATE OF category_id, on_sale ON product_listing
  FOR EACH ROW WHEN ((OLD.category_id, OLD.on_sale) IS DISTINCT FROM (NEW.category_id, NEW.on_sale))
  EXECUTE FUNCTION count_changed_listing();
CREATE TRIGGER product_listing_count_removed AFTER DELETE ON product_listing
  FOR EACH ROW EXECUTE FUNCTION count_changed_listing();

INSERT INTO category_product_counts (category_id, number)
SELECT category_id, count(*) FROM product_listing WHERE on_sale GROUP BY category_id;
