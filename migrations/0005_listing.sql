CREATE TABLE promos (
  id uuid PRIMARY KEY,
  seller_id uuid NOT NULL REFERENCES sellers,
  name text NOT NULL,
  description text,
  discount_type text NOT NULL CHECK (discount_type IN ('PERCENTAGE', 'FIXED')),
  -- Hundredths of a percent point or of a peso, by type.
  discount_hundredths integer NOT NULL CHECK (discount_hundredths > 0),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT promos_end_after_start CHECK (ends_at > starts_at),
  CONSTRAINT promos_percentage CHECK (discount_type <> 'PERCENTAGE' OR discount_hundredths BETWEEN 100 AND 10000)
);
CREATE INDEX promos_seller_idx ON promos (seller_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX promos_created_idx ON promos (created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE promo_products (
  promo_id uuid NOT NULL REFERENCES promos ON DELETE CASCADE,
  product_id uuid NOT NULL REFERENCES products,
  PRIMARY KEY (promo_id, product_id)
);
CREATE INDEX promo_products_product_idx ON promo_products (product_id);

-- Price in centavos after a promo, rounded half up, never negative.
CREATE FUNCTION promo_price(price_centavos integer, discount_type text, discount_hundredths integer) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN greatest(0, CASE discount_type
    WHEN 'FIXED' THEN price_centavos - discount_hundredths
    ELSE ((price_centavos::bigint * (10000 - discount_hundredths) + 5000) / 10000)::integer END);

-- Of several promos at this moment, the one that leaves the customer the lowest price.
CREATE FUNCTION best_promo(product_id uuid, list_price_centavos integer, moment timestamptz)
  RETURNS TABLE (id uuid, price_centavos integer)
  LANGUAGE sql STABLE AS $$
  SELECT o.id, promo_price(list_price_centavos, o.discount_type, o.discount_hundredths)
  FROM promo_products pp JOIN promos o ON o.id = pp.promo_id
  WHERE pp.product_id = best_promo.product_id AND o.is_active AND o.deleted_at IS NULL
    AND o.starts_at <= moment AND o.ends_at > moment
  ORDER BY 2, o.id LIMIT 1
$$;

-- Only what its seller offers, and only of verified sellers.
CREATE FUNCTION is_on_sale(product products, seller sellers) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT product.is_active AND product.deleted_at IS NULL AND seller.status = 'VERIFIED' AND seller.deleted_at IS NULL
$$;

-- Half of a lot's shelf life: up to here it is FRESH.
CREATE FUNCTION lot_half_life(harvested_at timestamptz, expires_at timestamptz) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN harvested_at + (expires_at - harvested_at) / 2;

-- The product as customers see it, one row a product, so that a list is one indexed statement.
CREATE TABLE product_listing (
  product_id uuid PRIMARY KEY REFERENCES products,
  seller_id uuid NOT NULL,
  category_id uuid NOT NULL,
  name text NOT NULL,
  -- Bytewise, so that one index serves order and prefixes, and every server sorts alike.
  plain_name text COLLATE "C" NOT NULL,
  document tsvector NOT NULL,
  price_centavos integer NOT NULL,
  current_price_centavos integer NOT NULL,
  promo_id uuid,
  available_milli bigint NOT NULL,
  -- Apart from available_milli, which changes with each sale, so that a sale touches no index (HOT).
  in_stock boolean NOT NULL,
  next_lot_harvested_at timestamptz,
  next_lot_half_life_at timestamptz,
  next_lot_expires_at timestamptz,
  rating numeric(3, 2),
  review_count integer NOT NULL,
  sell_count integer NOT NULL,
  created_at timestamptz NOT NULL,
  on_sale boolean NOT NULL,
  stock_changes_at timestamptz,
  promo_changes_at timestamptz,
  -- The first moment at which the clock alone makes this row untrue.
  stale_at timestamptz NOT NULL GENERATED ALWAYS AS (least('infinity'::timestamptz, stock_changes_at, promo_changes_at)) STORED
) WITH (fillfactor = 80);
CREATE INDEX product_listing_created_idx ON product_listing (created_at, product_id) WHERE on_sale;
CREATE INDEX product_listing_price_idx ON product_listing (price_centavos, product_id) WHERE on_sale;
CREATE INDEX product_listing_name_idx ON product_listing (plain_name, product_id) WHERE on_sale;
CREATE INDEX product_listing_sold_idx ON product_listing (sell_count, product_id) WHERE on_sale;
-- Ratings are 1 to 5; the unrated come last in either direction, and a cursor compares without nulls.
CREATE INDEX product_listing_rating_asc_idx ON product_listing (coalesce(rating, 6), product_id) WHERE on_sale;
CREATE INDEX product_listing_rating_desc_idx ON product_listing (coalesce(rating, 0), product_id) WHERE on_sale;
CREATE INDEX product_listing_category_idx ON product_listing (category_id, created_at, product_id) WHERE on_sale;
CREATE INDEX product_listing_seller_idx ON product_listing (seller_id, created_at, product_id) WHERE on_sale;
CREATE INDEX product_listing_expires_idx ON product_listing (next_lot_expires_at, product_id) WHERE on_sale;
CREATE INDEX product_listing_half_life_idx ON product_listing (next_lot_half_life_at, next_lot_expires_at) WHERE on_sale;
CREATE INDEX product_listing_available_idx ON product_listing (in_stock, created_at, product_id) WHERE on_sale;
CREATE INDEX product_listing_promo_idx ON product_listing (created_at, product_id) WHERE on_sale AND promo_id IS NOT NULL;
CREATE INDEX product_listing_document_idx ON product_listing USING gin (document) WHERE on_sale;
CREATE INDEX product_listing_name_trgm_idx ON product_listing USING gin (plain_name gin_trgm_ops) WHERE on_sale;
CREATE INDEX product_listing_stale_idx ON product_listing (stale_at);

-- What of a product's lots can be sold at this moment, and when the clock changes the answer.
CREATE FUNCTION sellable_stock(product_id uuid, handling_hours integer, moment timestamptz)
  RETURNS TABLE (available_milli bigint, harvested_at timestamptz, expires_at timestamptz, changes_at timestamptz)
  LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(l.on_hand_milli - l.reserved_milli), 0)::bigint,
    (array_agg(l.harvested_at ORDER BY l.expires_at, l.id) FILTER (WHERE l.on_hand_milli > l.reserved_milli))[1],
    min(l.expires_at) FILTER (WHERE l.on_hand_milli > l.reserved_milli),
    min(l.expires_at - make_interval(hours => sellable_stock.handling_hours))
  FROM lots l
  WHERE l.product_id = sellable_stock.product_id AND l.on_hand_milli > 0
    AND l.expires_at > moment + make_interval(hours => sellable_stock.handling_hours)
$$;

-- What product_listing must hold for these products at this moment. The refresh and the invariant share it.
CREATE FUNCTION compute_product_listing(product_ids uuid[], moment timestamptz)
  RETURNS TABLE (
    product_id uuid, seller_id uuid, category_id uuid, name text, plain_name text, document tsvector,
    price_centavos integer, current_price_centavos integer, promo_id uuid, available_milli bigint, in_stock boolean,
    next_lot_harvested_at timestamptz, next_lot_half_life_at timestamptz, next_lot_expires_at timestamptz,
    rating numeric, review_count integer, sell_count integer, created_at timestamptz, on_sale boolean,
    stock_changes_at timestamptz, promo_changes_at timestamptz)
  LANGUAGE sql STABLE AS $$
  SELECT p.id, p.seller_id, p.category_id, p.name, plain_text(p.name),
    setweight(to_tsvector('english', plain_text(p.name)), 'A') ||
    setweight(to_tsvector('english', plain_text(c.name)), 'B') ||
    setweight(to_tsvector('english', plain_text(s.business_name || ' ' || coalesce(p.origin, ''))), 'C') ||
    setweight(to_tsvector('english', plain_text(left(p.description, 2000))), 'D'),
    p.price_centavos, coalesce(promo.price_centavos, p.price_centavos), promo.id,
    stock.available_milli, stock.available_milli > 0,
    stock.harvested_at, lot_half_life(stock.harvested_at, stock.expires_at), stock.expires_at,
    CASE WHEN k.review_count > 0 THEN round(k.rating_sum::numeric / k.review_count, 2) END, k.review_count, k.sell_count,
    p.created_at,
    is_on_sale(p, s),
    stock.changes_at, promo_clock.changes_at
  FROM unnest(product_ids) AS wanted (id)
  JOIN products p ON p.id = wanted.id
  JOIN sellers s ON s.id = p.seller_id
  JOIN categories c ON c.id = p.category_id
  JOIN product_counters k ON k.product_id = p.id
  CROSS JOIN LATERAL sellable_stock(p.id, p.handling_hours, moment) stock
  LEFT JOIN LATERAL best_promo(p.id, p.price_centavos, moment) promo ON true
  CROSS JOIN LATERAL (
    SELECT min(CASE WHEN o.starts_at > moment THEN o.starts_at ELSE o.ends_at END) AS changes_at
    FROM promo_products pp JOIN promos o ON o.id = pp.promo_id
    WHERE pp.product_id = p.id AND o.is_active AND o.deleted_at IS NULL AND o.ends_at > moment
  ) promo_clock
$$;

-- Called in the transaction of whoever changed what a listing shows. Ids in order, so that two refreshes cannot deadlock.
CREATE FUNCTION refresh_product_listing(product_ids uuid[], moment timestamptz) RETURNS void
  LANGUAGE sql AS $$
  -- A statement of its own: what is computed next must be younger than whatever a rival has just committed.
  SELECT FROM product_listing WHERE product_id = ANY (product_ids) ORDER BY product_id FOR UPDATE;
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
$$;

-- The stock part alone, for sales and lots: it leaves the search document and every index but in_stock's as they are.
-- Rows are locked in order first: an edit of the product or its promo may want the same ones.
CREATE FUNCTION refresh_listing_stock(product_ids uuid[], moment timestamptz) RETURNS void
  LANGUAGE sql AS $$
  SELECT FROM product_listing WHERE product_id = ANY (product_ids) ORDER BY product_id FOR UPDATE;
  UPDATE product_listing SET
    available_milli = stock.available_milli, in_stock = stock.available_milli > 0,
    next_lot_harvested_at = stock.harvested_at, next_lot_expires_at = stock.expires_at,
    next_lot_half_life_at = lot_half_life(stock.harvested_at, stock.expires_at), stock_changes_at = stock.changes_at
  FROM (
    SELECT p.id, s.* FROM products p CROSS JOIN LATERAL sellable_stock(p.id, p.handling_hours, moment) s
    WHERE p.id = ANY (product_ids)
  ) stock
  WHERE product_listing.product_id = stock.id
$$;
