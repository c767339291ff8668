CREATE TABLE users (
  id uuid PRIMARY KEY,
  user_name text NOT NULL CHECK (user_name ~ '^[A-Za-z0-9_.-]{3,32}$'),
  user_email text NOT NULL,
  user_phone text NOT NULL CHECK (user_phone ~ '^\+63\d{10}$'),
  password_hash text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'fil')),
  role text NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'seller', 'admin')),
  is_active boolean NOT NULL DEFAULT true,
  email_verified_at timestamptz,
  phone_verified_at timestamptz,
  terms_accepted_at timestamptz NOT NULL,
  mfa_secret bytea,
  mfa_enabled_at timestamptz,
  mfa_last_step bigint,
  mfa_failures integer NOT NULL DEFAULT 0,
  mfa_failed_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  erased_at timestamptz,
  CONSTRAINT users_deleted_inactive CHECK (deleted_at IS NULL OR NOT is_active),
  CONSTRAINT users_mfa_secret CHECK (mfa_enabled_at IS NULL OR mfa_secret IS NOT NULL)
);
CREATE UNIQUE INDEX users_email_key ON users (lower(user_email)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_name_key ON users (lower(user_name)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_phone_key ON users (user_phone) WHERE deleted_at IS NULL AND phone_verified_at IS NOT NULL;
CREATE INDEX users_created_idx ON users (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX users_role_idx ON users (role, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX users_erasure_idx ON users (deleted_at) WHERE deleted_at IS NOT NULL AND erased_at IS NULL;
CREATE INDEX users_search_trgm_idx ON users
  USING gin (plain_text(user_name || ' ' || user_email || ' ' || first_name || ' ' || last_name) gin_trgm_ops);

-- One row per sign-in: the family that every rotated refresh token belongs to.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  user_agent text,
  ip_prefix text,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_reason text CHECK (ended_reason IN ('LOGOUT', 'ENDED_BY_USER', 'REUSE', 'PASSWORD', 'DEACTIVATED', 'DELETED')),
  CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX sessions_user_idx ON sessions (user_id, created_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_expiry_idx ON sessions (expires_at);
CREATE INDEX sessions_last_used_idx ON sessions (last_used_at);

CREATE TABLE refresh_tokens (
  token_hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id);

-- One live code per user and purpose: the primary key is what makes a new one void the old.
CREATE TABLE verification_codes (
  user_id uuid NOT NULL REFERENCES users,
  purpose text NOT NULL CHECK (purpose IN ('EMAIL', 'PHONE', 'PASSWORD_RESET')),
  target text NOT NULL,
  code_hash bytea NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- How many were issued since then: bounds both guesses and unwanted messages.
  issued_count integer NOT NULL DEFAULT 1,
  issued_since timestamptz NOT NULL,
  PRIMARY KEY (user_id, purpose)
);

CREATE TABLE mfa_recovery_codes (
  user_id uuid NOT NULL REFERENCES users,
  code_hash bytea NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE addresses (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  label text NOT NULL,
  recipient_name text NOT NULL,
  recipient_phone text NOT NULL,
  street text NOT NULL,
  landmark text,
  barangay_code char(10) NOT NULL REFERENCES places,
  zip_code text CHECK (zip_code ~ '^\d{4}$'),
  is_default boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE INDEX addresses_user_idx ON addresses (user_id, created_at, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX addresses_default_key ON addresses (user_id) WHERE is_default AND deleted_at IS NULL;
