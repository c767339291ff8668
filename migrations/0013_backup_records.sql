-- When a backup was last taken, and when one was last restored aside and looked at: what alerts go by.
CREATE TABLE backup_records (
  event text PRIMARY KEY CHECK (event IN ('taken', 'verified')),
  done_at timestamptz NOT NULL
);
