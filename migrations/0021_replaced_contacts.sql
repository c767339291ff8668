-- Since when an admin answers for an e-mail address that its owner has not confirmed yet; a reset may be sent there.
ALTER TABLE users ADD COLUMN email_vouched_at timestamptz;

-- Where support replaces an address or a number, sessions end.
ALTER TABLE sessions DROP CONSTRAINT sessions_ended_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_ended_reason_check CHECK (ended_reason IN
  ('LOGOUT', 'ENDED_BY_USER', 'REUSE', 'PASSWORD', 'DEACTIVATED', 'DELETED', 'FACTOR_CLEARED', 'CONTACT_UNDONE',
   'CONTACT_REPLACED', 'EMAIL_CLAIMED'));
