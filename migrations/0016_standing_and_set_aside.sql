-- A seller's standing and name work at the moment of reading, however many products they have; and rows that a job could
-- not bring forward are set aside, so that they hold up no others.

-- What makes a seller one whose products may be on sale, in one place.
ALTER TABLE sellers
  ADD COLUMN is_selling boolean NOT NULL GENERATED ALWAYS AS (status = 'VERIFIED' AND deleted_at IS NULL) STORED,
  -- Off sale while listings still say otherwise: whoever reads listings leaves these sellers out. A column of its own, so
  -- that the planner knows how few they are.
  ADD COLUMN is_withdrawn boolean NOT NULL
    GENERATED ALWAYS AS (product_count > 0 AND (status <> 'VERIFIED' OR deleted_at IS NOT NULL)) STORED,
  -- Since when listings wait to follow a changed name or standing; a job works through them.
  ADD COLUMN listings_due_at timestamptz;
CREATE INDEX sellers_withdrawn_idx ON sellers (id) WHERE is_withdrawn;
CREATE INDEX sellers_listings_due_idx ON sellers (listings_due_at, id) WHERE listings_due_at IS NOT NULL;

CREATE OR REPLACE FUNCTION is_on_sale(product products, seller sellers) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT product.is_active AND product.deleted_at IS NULL AND seller.is_selling
$$;

-- Lists and counts ask for the seller of each row: without it in the index they would have to visit the table.
DROP INDEX product_listing_created_idx, product_listing_price_idx, product_listing_name_idx, product_listing_sold_idx,
  product_listing_rating_asc_idx, product_listing_rating_desc_idx, product_listing_category_idx,
  product_listing_expires_idx, product_listing_half_life_idx, product_listing_available_idx, product_listing_promo_idx;
CREATE INDEX product_listing_created_idx ON product_listing (created_at, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_price_idx ON product_listing (price_centavos, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_name_idx ON product_listing (plain_name, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_sold_idx ON product_listing (sell_count, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_rating_asc_idx ON product_listing (coalesce(rating, 6), product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_rating_desc_idx ON product_listing (coalesce(rating, 0), product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_category_idx ON product_listing (category_id, created_at, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_expires_idx ON product_listing (next_lot_expires_at, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_half_life_idx ON product_listing (next_lot_half_life_at, next_lot_expires_at) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_available_idx ON product_listing (in_stock, created_at, product_id) INCLUDE (seller_id) WHERE on_sale;
CREATE INDEX product_listing_promo_idx ON product_listing (created_at, product_id) INCLUDE (seller_id) WHERE on_sale AND promo_id IS NOT NULL;

-- Sellers are locked before listings: what is computed sees their standing and name as they stay until the transaction
-- ends. Their number of products on sale follows by what these rows changed, however many others there are.
CREATE OR REPLACE FUNCTION refresh_product_listing(product_ids uuid[], moment timestamptz) RETURNS void
  LANGUAGE sql AS $$
  SELECT FROM sellers WHERE id IN (SELECT seller_id FROM products WHERE id = ANY (product_ids)) ORDER BY id FOR NO KEY UPDATE;
  -- A statement of its own: what is computed next must be younger than whatever a rival has just committed.
  SELECT FROM product_listing WHERE product_id = ANY (product_ids) ORDER BY product_id FOR UPDATE;
  WITH before AS (
    SELECT seller_id, -count(*) AS change FROM product_listing WHERE product_id = ANY (product_ids) AND on_sale GROUP BY seller_id
  ), refreshed AS (
    INSERT INTO product_listing (
      product_id, seller_id, category_id, name, plain_name, document, price_centavos, current_price_centavos, promo_id,
      available_milli, in_stock, next_lot_harvested_at, next_lot_half_life_at, next_lot_expires_at,
      rating, review_count, sell_count, created_at, on_sale, stock_changes_at, promo_changes_at)
    SELECT * FROM compute_product_listing(product_ids, moment) ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE SET
      seller_id = EXCLUDED.seller_id, category_id = EXCLUDED.category_id, name = EXCLUDED.name,
      plain_name = EXCLUDED.plain_name, document = EXCLUDED.document, price_centavos = EXCLUDED.price_centavos,
      current_price_centavos = EXCLUDED.current_price_centavos, promo_id = EXCLUDED.promo_id,
      available_milli = EXCLUDED.available_milli, in_stock = EXCLUDED.in_stock,
      next_lot_harvested_at = EXCLUDED.next_lot_harvested_at, next_lot_half_life_at = EXCLUDED.next_lot_half_life_at,
      next_lot_expires_at = EXCLUDED.next_lot_expires_at, rating = EXCLUDED.rating, review_count = EXCLUDED.review_count,
      sell_count = EXCLUDED.sell_count, created_at = EXCLUDED.created_at, on_sale = EXCLUDED.on_sale,
      stock_changes_at = EXCLUDED.stock_changes_at, promo_changes_at = EXCLUDED.promo_changes_at
    RETURNING seller_id, on_sale
  )
  UPDATE sellers SET product_count = product_count + changed.number
  FROM (
    SELECT seller_id, sum(change)::integer AS number FROM (
      SELECT * FROM before UNION ALL SELECT seller_id, count(*) FROM refreshed WHERE on_sale GROUP BY seller_id
    ) changes GROUP BY seller_id
  ) changed
  WHERE sellers.id = changed.seller_id AND changed.number <> 0
$$;

-- Reserves or frees what lots have, and shows it, in one round trip; the caller holds the product_stock rows. The second
-- statement sees what the first has done.
CREATE FUNCTION change_reserved(lot_ids uuid[], deltas_milli bigint[], product_ids uuid[], moment timestamptz) RETURNS void
  LANGUAGE sql AS $$
  UPDATE lots SET reserved_milli = reserved_milli + moved.delta_milli
  FROM (
    SELECT lot_id, sum(delta_milli) AS delta_milli FROM unnest(lot_ids, deltas_milli) AS given (lot_id, delta_milli) GROUP BY lot_id
  ) moved
  WHERE lots.id = moved.lot_id;
  SELECT refresh_listing_stock(product_ids, moment)
$$;

-- Rows that failed or were locked: left out of their job's batches and tried again by themselves, ever less often.
CREATE TABLE set_aside_rows (
  job text NOT NULL,
  row_id uuid NOT NULL,
  attempts integer NOT NULL CHECK (attempts > 0),
  -- SQLSTATE or name of the error; never a message, which may hold personal data.
  reason text NOT NULL,
  set_aside_at timestamptz NOT NULL,
  retry_at timestamptz NOT NULL,
  PRIMARY KEY (job, row_id)
);
CREATE INDEX set_aside_rows_retry_idx ON set_aside_rows (job, retry_at, row_id);

-- When the provider was last asked about a payment: those it was never asked about come first, then those longest ago.
ALTER TABLE payments ADD COLUMN asked_at timestamptz;
