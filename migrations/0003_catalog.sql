CREATE TABLE sellers (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  business_name text NOT NULL,
  business_phone text NOT NULL,
  description text,
  slug text NOT NULL,
  street text NOT NULL,
  barangay_code char(10) NOT NULL REFERENCES places,
  zip_code text CHECK (zip_code ~ '^\d{4}$'),
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'VERIFIED', 'SUSPENDED')),
  -- Basis points; null means the platform's default rate.
  commission_bps integer CHECK (commission_bps BETWEEN 0 AND 10000),
  terms_accepted_at timestamptz NOT NULL,
  rating_sum bigint NOT NULL DEFAULT 0 CHECK (rating_sum >= 0),
  review_count integer NOT NULL DEFAULT 0 CHECK (review_count >= 0),
  product_count integer NOT NULL DEFAULT 0 CHECK (product_count >= 0),
  follower_count integer NOT NULL DEFAULT 0 CHECK (follower_count >= 0),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX sellers_user_key ON sellers (user_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX sellers_slug_key ON sellers (slug) WHERE deleted_at IS NULL;
CREATE INDEX sellers_created_idx ON sellers (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX sellers_status_idx ON sellers (status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX sellers_name_trgm_idx ON sellers USING gin (plain_text(business_name) gin_trgm_ops) WHERE deleted_at IS NULL;

CREATE TABLE seller_follows (
  user_id uuid NOT NULL REFERENCES users,
  seller_id uuid NOT NULL REFERENCES sellers,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, seller_id)
);
CREATE INDEX seller_follows_seller_idx ON seller_follows (seller_id);

CREATE TABLE categories (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL,
  description text,
  parent_id uuid REFERENCES categories,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CHECK (parent_id <> id)
);
CREATE UNIQUE INDEX categories_slug_key ON categories (slug) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX categories_sibling_name_key
  ON categories (coalesce(parent_id, '00000000-0000-0000-0000-000000000000'::uuid), lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX categories_parent_idx ON categories (parent_id) WHERE deleted_at IS NULL;
CREATE INDEX categories_created_idx ON categories (created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE products (
  id uuid PRIMARY KEY,
  seller_id uuid NOT NULL REFERENCES sellers,
  category_id uuid NOT NULL REFERENCES categories,
  name text NOT NULL,
  slug text NOT NULL,
  description text NOT NULL,
  unit text NOT NULL CHECK (unit IN ('kg', 'g', 'piece', 'bundle', 'pack', 'tray', 'sack')),
  price_centavos integer NOT NULL CHECK (price_centavos BETWEEN 1 AND 99999999),
  srp_centavos integer CHECK (srp_centavos BETWEEN 1 AND 99999999),
  shelf_life_days integer NOT NULL CHECK (shelf_life_days BETWEEN 1 AND 3650),
  handling_hours integer NOT NULL DEFAULT 0 CHECK (handling_hours BETWEEN 0 AND 720),
  sku text,
  tax_class text NOT NULL DEFAULT 'VAT_EXEMPT' CHECK (tax_class IN ('VAT_EXEMPT', 'VAT_12')),
  origin text,
  is_active boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX products_sku_key ON products (seller_id, sku) WHERE deleted_at IS NULL AND sku IS NOT NULL;
CREATE INDEX products_seller_idx ON products (seller_id, created_at, id);
CREATE INDEX products_deleted_idx ON products (deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX products_category_idx ON products (category_id);

CREATE TABLE product_images (
  id uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES products,
  position integer NOT NULL,
  status text NOT NULL DEFAULT 'PROCESSING' CHECK (status IN ('PROCESSING', 'READY', 'FAILED')),
  content_type text NOT NULL CHECK (content_type IN ('image/jpeg', 'image/webp')),
  width integer NOT NULL,
  height integer NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX product_images_product_idx ON product_images (product_id, position, id);

-- What many requests bump at once lives apart from the product, so that its version stays its editors'.
CREATE TABLE product_counters (
  product_id uuid PRIMARY KEY REFERENCES products,
  view_count bigint NOT NULL DEFAULT 0 CHECK (view_count >= 0),
  sell_count integer NOT NULL DEFAULT 0 CHECK (sell_count >= 0),
  rating_sum bigint NOT NULL DEFAULT 0 CHECK (rating_sum >= 0),
  review_count integer NOT NULL DEFAULT 0 CHECK (review_count >= 0)
);

CREATE TABLE favorites (
  user_id uuid NOT NULL REFERENCES users,
  product_id uuid NOT NULL REFERENCES products,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, product_id)
);
CREATE INDEX favorites_list_idx ON favorites (user_id, created_at, product_id);
