-- The row that every writer of a product's stock locks first; choosing lots before holding it gives false sold-outs.
CREATE TABLE product_stock (
  product_id uuid PRIMARY KEY REFERENCES products
);

CREATE TABLE lots (
  id uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES product_stock,
  harvested_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  on_hand_milli bigint NOT NULL DEFAULT 0,
  reserved_milli bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  CONSTRAINT lots_expire_after_harvest CHECK (expires_at > harvested_at),
  CONSTRAINT lots_on_hand_not_negative CHECK (on_hand_milli >= 0),
  CONSTRAINT lots_reserved_not_negative CHECK (reserved_milli >= 0),
  CONSTRAINT lots_reserved_on_hand CHECK (reserved_milli <= on_hand_milli)
);
CREATE INDEX lots_fefo_idx ON lots (product_id, expires_at, id) WHERE on_hand_milli > 0;
CREATE INDEX lots_product_idx ON lots (product_id, created_at, id);

CREATE TABLE stock_movements (
  id uuid PRIMARY KEY,
  lot_id uuid NOT NULL REFERENCES lots,
  product_id uuid NOT NULL REFERENCES products,
  delta_milli bigint NOT NULL CHECK (delta_milli <> 0),
  reason text NOT NULL CHECK (reason IN ('HARVEST', 'SALE', 'RESTOCK', 'SPOILAGE', 'COUNT', 'RETURN', 'DAMAGE', 'OTHER')),
  reference text,
  actor_id uuid REFERENCES users,
  created_at timestamptz NOT NULL
);
CREATE INDEX stock_movements_product_idx ON stock_movements (product_id, created_at, id);
CREATE INDEX stock_movements_lot_idx ON stock_movements (lot_id);
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movements_no_truncate BEFORE TRUNCATE ON stock_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- On hand is the sum of the movements because nothing but a movement can change it.
CREATE FUNCTION apply_stock_movements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE lots SET on_hand_milli = lots.on_hand_milli + moved.delta_milli
  FROM (SELECT lot_id, sum(delta_milli) AS delta_milli FROM inserted GROUP BY lot_id) AS moved
  WHERE lots.id = moved.lot_id;
  RETURN NULL;
END $$;
CREATE TRIGGER stock_movements_apply AFTER INSERT ON stock_movements
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION apply_stock_movements();

CREATE FUNCTION guard_on_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 AND (CASE TG_OP WHEN 'INSERT' THEN NEW.on_hand_milli <> 0
                                 ELSE NEW.on_hand_milli <> OLD.on_hand_milli END) THEN
    RAISE EXCEPTION 'stock on hand changes through stock_movements only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lots_guard_insert BEFORE INSERT ON lots FOR EACH ROW EXECUTE FUNCTION guard_on_hand();
CREATE TRIGGER lots_guard_update BEFORE UPDATE OF on_hand_milli ON lots FOR EACH ROW EXECUTE FUNCTION guard_on_hand();
