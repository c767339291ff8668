-- When the person behind a session last proved themselves since the sign-in, which is a proof itself.
ALTER TABLE sessions ADD COLUMN stepped_up_at timestamptz;

-- What else ends a session: a second factor that support cleared, a changed address that was undone, an address that
-- turned out to be somebody else's.
ALTER TABLE sessions DROP CONSTRAINT sessions_ended_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_ended_reason_check CHECK (ended_reason IN
  ('LOGOUT', 'ENDED_BY_USER', 'REUSE', 'PASSWORD', 'DEACTIVATED', 'DELETED', 'FACTOR_CLEARED', 'CONTACT_UNDONE', 'EMAIL_CLAIMED'));
