CREATE TABLE reviews (
  id uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES products,
  user_id uuid NOT NULL REFERENCES users,
  reviewer_name text NOT NULL,
  rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
  comment text NOT NULL,
  reply text,
  replied_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX reviews_one_per_customer_key ON reviews (user_id, product_id) WHERE deleted_at IS NULL;
CREATE INDEX reviews_product_idx ON reviews (product_id, created_at, id) WHERE deleted_at IS NULL;
