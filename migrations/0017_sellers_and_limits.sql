-- Sellers' standing and names, deadlines of seller orders, and the indexes behind the limits of an account.

-- What a seller was before the suspension, and becomes again with the end of it; PENDING where it is not known.
ALTER TABLE sellers ADD COLUMN suspended_from text CHECK (suspended_from IN ('PENDING', 'VERIFIED'));
ALTER TABLE sellers ADD CONSTRAINT sellers_suspended_from CHECK (suspended_from IS NULL OR status = 'SUSPENDED');
UPDATE sellers SET suspended_from = (
  SELECT a.changes -> 'status' ->> 0 FROM audit_entries a
  WHERE a.object_type = 'seller' AND a.object_id = sellers.id::text AND a.action = 'seller.suspend'
    AND a.changes -> 'status' ->> 0 IN ('PENDING', 'VERIFIED')
  ORDER BY a.created_at DESC, a.id DESC LIMIT 1)
WHERE status = 'SUSPENDED';

-- Keyed hashes of the account and the confirmed contacts of sellers who removed a suspended profile, so that a new
-- application begins suspended. They reveal nothing about anybody without the key, and outlive the erasure of the account.
CREATE TABLE suspension_marks (
  contact_hash bytea PRIMARY KEY,
  seller_id uuid NOT NULL REFERENCES sellers,
  created_at timestamptz NOT NULL
);

-- What is left of a name when case, accents, spaces, punctuation and look-alike letters are taken away. Names that
-- share it look the same at a glance. No locale decides: the database's may be any.
CREATE FUNCTION name_skeleton(name text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN replace(replace(
    regexp_replace(
      translate(
        -- Cyrillic and Greek letters that look Latin, before the locale's own lower().
        lower(translate(normalize(name, NFKD),
          'АВЕЅІЈКМНОРСТУХаеѕіјкморсухԁԛԝһɡıΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ',
          'abesijkmhopctyxaesijkmopcyxdqwhgiabezhikmnoptyxaikvoptyx')),
        '015l', 'oisi'),
      '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u02b0-\u036f\u2000-\u2bff\u3000-\u303f\ufe00-\ufe0f\ufeff]',
      '', 'g'),
    'rn', 'm'), 'vv', 'w');

-- Of sellers who share a name from before, all but the first keep it with their slug behind it.
UPDATE sellers SET business_name = left(business_name, 70) || ' ' || right(slug, 40)
FROM (
  SELECT id, row_number() OVER (PARTITION BY name_skeleton(business_name) ORDER BY created_at, id) AS place
  FROM sellers WHERE deleted_at IS NULL
) namesakes
WHERE namesakes.id = sellers.id AND place > 1;
CREATE UNIQUE INDEX sellers_name_key ON sellers (name_skeleton(business_name)) WHERE deleted_at IS NULL;

-- The name that a verified seller wants and an admin has yet to look at.
ALTER TABLE sellers ADD COLUMN requested_name text;
ALTER TABLE sellers ADD COLUMN name_requested_at timestamptz;
ALTER TABLE sellers ADD CONSTRAINT sellers_requested_name CHECK ((requested_name IS NULL) = (name_requested_at IS NULL));
CREATE INDEX sellers_requested_name_idx ON sellers (created_at, id) WHERE requested_name IS NOT NULL AND deleted_at IS NULL;

-- Until when the seller has to confirm or ship; null while the customer has to pay, and once it is shipped or closed. Nobody
-- knew of a deadline before: those of present orders begin now. In milliseconds, as the application writes them.
ALTER TABLE seller_orders ADD COLUMN due_at timestamptz;
ALTER TABLE seller_orders ADD COLUMN reminded_at timestamptz;
UPDATE seller_orders SET due_at = CASE seller_orders.order_status
    WHEN 'CONFIRMED' THEN date_trunc('milliseconds', now()) + interval '72 hours'
    ELSE date_trunc('milliseconds', greatest(p.completed_at, seller_orders.placed_at, now())) + interval '24 hours' END
FROM payments p
WHERE p.order_id = seller_orders.order_id
  AND (seller_orders.order_status = 'CONFIRMED'
    OR seller_orders.order_status = 'PENDING' AND (p.payment_method = 'COD' OR p.completed_at IS NOT NULL));
CREATE INDEX seller_orders_due_idx ON seller_orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX seller_orders_unreminded_idx ON seller_orders (due_at) WHERE due_at IS NOT NULL AND reminded_at IS NULL;
DROP INDEX seller_orders_open_idx;
CREATE INDEX seller_orders_open_idx ON seller_orders (seller_id, placed_at)
  WHERE order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED');

-- A customer's open orders and delivered ones, which bound what may be unpaid.
CREATE INDEX orders_user_status_idx ON orders (user_id, order_status);

-- What an account has of each kind, counted by index alone.
CREATE INDEX products_seller_living_idx ON products (seller_id) WHERE deleted_at IS NULL;
CREATE INDEX products_seller_removed_idx ON products (seller_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX promos_seller_ends_idx ON promos (seller_id, ends_at) WHERE deleted_at IS NULL;
CREATE INDEX addresses_living_idx ON addresses (user_id) WHERE deleted_at IS NULL;
