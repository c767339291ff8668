-- Where a customer's browser goes back to after the wallet: the frontend's pages for success and for giving up.
ALTER TABLE payments ADD COLUMN return_url text, ADD COLUMN cancel_url text;
-- The simulator's own note of both; null for sessions that began before.
ALTER TABLE simulator_wallet ADD COLUMN return_url text, ADD COLUMN cancel_url text;
