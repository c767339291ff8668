-- What every module writes beside its own rows: audit, outbox, idempotency, and the development mailbox.

CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  actor_id uuid,
  actor_role text NOT NULL,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  -- { field: [before, after] }; of personal fields the name alone, under "personal".
  changes jsonb NOT NULL,
  ip_prefix text,
  request_id text,
  created_at timestamptz NOT NULL
);
CREATE INDEX audit_entries_created_idx ON audit_entries (created_at, id);
CREATE INDEX audit_entries_actor_idx ON audit_entries (actor_id, created_at, id);
CREATE INDEX audit_entries_object_idx ON audit_entries (object_type, object_id, created_at, id);
CREATE INDEX audit_entries_action_idx ON audit_entries (action, created_at, id);
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE outbox_messages (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  dispatched_at timestamptz
);
CREATE INDEX outbox_messages_waiting_idx ON outbox_messages (created_at, id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_messages_dispatched_idx ON outbox_messages (dispatched_at) WHERE dispatched_at IS NOT NULL;

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status integer NOT NULL,
  headers jsonb NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

CREATE TABLE dev_messages (
  id uuid PRIMARY KEY,
  recipient text NOT NULL,
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  subject text NOT NULL,
  text text NOT NULL,
  code text,
  created_at timestamptz NOT NULL
);
CREATE INDEX dev_messages_recipient_idx ON dev_messages (recipient, created_at);
CREATE INDEX dev_messages_created_idx ON dev_messages (created_at);
