-- One-time codes, a row each. The code itself is nowhere: it is computed from the row's id and target with a key of the
-- server, when it is sent and when it is tried.
DROP TABLE verification_codes;
CREATE TABLE one_time_codes (
  id uuid PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('EMAIL', 'PHONE', 'PASSWORD_RESET', 'EMAIL_CLAIM')),
  -- The address or number that it is sent to.
  target text NOT NULL,
  -- Whose account it acts on; of a code that a stranger may have asked for it is found later, or never.
  user_id uuid REFERENCES users,
  -- The network of who asked, and whether the account is used from there or asked itself: those are counted apart.
  ip_prefix text,
  is_familiar boolean NOT NULL DEFAULT false,
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- When it was released for sending; never for addresses without an account and beyond the caps.
  issued_at timestamptz,
  spent_at timestamptz,
  CONSTRAINT one_time_codes_issued CHECK (issued_at IS NULL OR user_id IS NOT NULL)
);
CREATE INDEX one_time_codes_target_idx ON one_time_codes (lower(target), issued_at) WHERE issued_at IS NOT NULL;
CREATE INDEX one_time_codes_user_idx ON one_time_codes (user_id, issued_at) WHERE user_id IS NOT NULL;
CREATE INDEX one_time_codes_sms_idx ON one_time_codes (issued_at) WHERE purpose = 'PHONE' AND issued_at IS NOT NULL;
CREATE INDEX one_time_codes_created_idx ON one_time_codes (created_at);

-- Changed addresses and numbers: pending until a code confirms the new one; afterwards the old one can still undo it.
CREATE TABLE contact_changes (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  contact text NOT NULL CHECK (contact IN ('email', 'phone')),
  old_value text NOT NULL,
  new_value text NOT NULL,
  -- Only a confirmed address is notified of the change, and can undo it.
  old_confirmed boolean NOT NULL,
  created_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  -- Given up, undone, or void for another reason.
  closed_at timestamptz
);
CREATE UNIQUE INDEX contact_changes_pending_key ON contact_changes (user_id, contact)
  WHERE confirmed_at IS NULL AND closed_at IS NULL;
CREATE INDEX contact_changes_user_idx ON contact_changes (user_id, created_at);
CREATE INDEX contact_changes_created_idx ON contact_changes (created_at);
