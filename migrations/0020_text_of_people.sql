-- Names that lists are ordered by, that mails quote and that addresses are written with are one line of bounded length.
-- The program refuses more (src/lib/text/text.ts); here stands what would break a mail's header, a cursor or a page for everybody:
-- control characters, line ends, what turns the direction of writing, and length.
CREATE FUNCTION is_line(value text, max_characters integer) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN char_length(value) <= max_characters
    AND value = btrim(value)
    AND value !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]';

ALTER TABLE users
  ADD CONSTRAINT users_user_email_line CHECK (is_line(user_email, 254)),
  ADD CONSTRAINT users_first_name_line CHECK (is_line(first_name, 100)),
  ADD CONSTRAINT users_last_name_line CHECK (is_line(last_name, 100));
ALTER TABLE addresses
  ADD CONSTRAINT addresses_label_line CHECK (is_line(label, 50)),
  ADD CONSTRAINT addresses_recipient_name_line CHECK (is_line(recipient_name, 120)),
  ADD CONSTRAINT addresses_street_line CHECK (is_line(street, 200)),
  ADD CONSTRAINT addresses_landmark_line CHECK (is_line(landmark, 200));
ALTER TABLE sellers
  ADD CONSTRAINT sellers_business_name_line CHECK (is_line(business_name, 120)),
  ADD CONSTRAINT sellers_street_line CHECK (is_line(street, 200));
ALTER TABLE categories ADD CONSTRAINT categories_name_line CHECK (is_line(name, 80));
ALTER TABLE products
  ADD CONSTRAINT products_name_line CHECK (is_line(name, 120)),
  ADD CONSTRAINT products_sku_line CHECK (is_line(sku, 64)),
  ADD CONSTRAINT products_origin_line CHECK (is_line(origin, 120));
ALTER TABLE promos ADD CONSTRAINT promos_name_line CHECK (is_line(name, 120));
ALTER TABLE order_items ADD CONSTRAINT order_items_product_name_line CHECK (is_line(product_name, 120));
ALTER TABLE order_events ADD CONSTRAINT order_events_reason_line CHECK (is_line(reason, 200));
ALTER TABLE refunds ADD CONSTRAINT refunds_reason_line CHECK (is_line(reason, 200));
