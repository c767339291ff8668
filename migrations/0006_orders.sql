CREATE TABLE carts (
  user_id uuid PRIMARY KEY REFERENCES users
);

CREATE TABLE cart_items (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES carts,
  product_id uuid NOT NULL REFERENCES products,
  quantity_milli bigint NOT NULL CHECK (quantity_milli BETWEEN 1 AND 99999999),
  created_at timestamptz NOT NULL,
  UNIQUE (user_id, product_id)
);

CREATE SEQUENCE order_number_seq;

CREATE TABLE orders (
  id uuid PRIMARY KEY,
  order_number text NOT NULL UNIQUE CHECK (order_number ~ '^OID-\d{4}-\d{6,}$'),
  user_id uuid NOT NULL REFERENCES users,
  order_status text NOT NULL CHECK (order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'REFUNDED')),
  subtotal_centavos bigint NOT NULL CHECK (subtotal_centavos >= 0),
  discount_centavos bigint NOT NULL CHECK (discount_centavos >= 0),
  delivery_fee_centavos bigint NOT NULL DEFAULT 0 CHECK (delivery_fee_centavos >= 0),
  total_centavos bigint NOT NULL,
  currency char(3) NOT NULL DEFAULT 'PHP',
  shipping_address jsonb NOT NULL,
  notes text,
  placed_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  archived_at timestamptz,
  CONSTRAINT orders_total CHECK (total_centavos = subtotal_centavos - discount_centavos + delivery_fee_centavos)
);
CREATE INDEX orders_user_idx ON orders (user_id, placed_at, id);
CREATE INDEX orders_placed_idx ON orders (placed_at, id);
CREATE INDEX orders_status_idx ON orders (order_status, placed_at, id);

CREATE TABLE seller_orders (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders,
  seller_id uuid NOT NULL REFERENCES sellers,
  order_status text NOT NULL CHECK (order_status IN ('PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'REFUNDED')),
  subtotal_centavos bigint NOT NULL CHECK (subtotal_centavos >= 0),
  discount_centavos bigint NOT NULL CHECK (discount_centavos >= 0),
  total_centavos bigint NOT NULL,
  -- As it stood at checkout: a later change of rate does not touch this seller order.
  commission_bps integer NOT NULL CHECK (commission_bps BETWEEN 0 AND 10000),
  refunded_centavos bigint NOT NULL DEFAULT 0,
  placed_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  delivered_at timestamptz,
  UNIQUE (order_id, seller_id),
  CONSTRAINT seller_orders_total CHECK (total_centavos = subtotal_centavos - discount_centavos),
  CONSTRAINT seller_orders_refunded CHECK (refunded_centavos BETWEEN 0 AND total_centavos)
);
CREATE INDEX seller_orders_seller_idx ON seller_orders (seller_id, placed_at, order_id);
CREATE INDEX seller_orders_open_idx ON seller_orders (placed_at) WHERE order_status = 'PENDING';

CREATE TABLE order_items (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders,
  seller_order_id uuid NOT NULL REFERENCES seller_orders,
  product_id uuid NOT NULL REFERENCES products,
  product_name text NOT NULL,
  unit text NOT NULL,
  tax_class text NOT NULL,
  quantity_milli bigint NOT NULL CHECK (quantity_milli > 0),
  list_price_centavos integer NOT NULL CHECK (list_price_centavos > 0),
  unit_price_centavos integer NOT NULL CHECK (unit_price_centavos >= 0),
  subtotal_centavos bigint NOT NULL CHECK (subtotal_centavos >= 0),
  line_total_centavos bigint NOT NULL CHECK (line_total_centavos BETWEEN 0 AND subtotal_centavos),
  promo_id uuid
);
CREATE INDEX order_items_order_idx ON order_items (order_id);
CREATE INDEX order_items_part_idx ON order_items (seller_order_id);
CREATE INDEX order_items_product_idx ON order_items (product_id);

-- Which lots fill a line. RESERVED holds stock; SOLD left on a movement; RELEASED came back.
CREATE TABLE order_item_allocations (
  id uuid PRIMARY KEY,
  order_item_id uuid NOT NULL REFERENCES order_items,
  lot_id uuid NOT NULL REFERENCES lots,
  quantity_milli bigint NOT NULL CHECK (quantity_milli > 0),
  state text NOT NULL DEFAULT 'RESERVED' CHECK (state IN ('RESERVED', 'SOLD', 'RELEASED', 'WRITTEN_OFF'))
);
CREATE INDEX order_item_allocations_item_idx ON order_item_allocations (order_item_id);
CREATE INDEX order_item_allocations_reserved_idx ON order_item_allocations (lot_id) WHERE state = 'RESERVED';

CREATE TABLE order_events (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders,
  seller_order_id uuid REFERENCES seller_orders,
  actor_id uuid REFERENCES users,
  actor_role text NOT NULL CHECK (actor_role IN ('customer', 'seller', 'admin', 'system')),
  from_status text,
  to_status text NOT NULL,
  reason text,
  created_at timestamptz NOT NULL
);
CREATE INDEX order_events_order_idx ON order_events (order_id, created_at, id);
CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE ON order_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_events_no_truncate BEFORE TRUNCATE ON order_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
