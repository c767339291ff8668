-- The market's own words: sizes, ids by number, and numbers that look random but are the same each time.
-- TypeScript sets market.products() and market.now(), on which all the rest depends.

CREATE FUNCTION market.sellers() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN market.products() / 4;
CREATE FUNCTION market.users() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN market.products() * 3 / 4;
CREATE FUNCTION market.orders() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN market.products() / 2;
CREATE FUNCTION market.admins() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 10;
CREATE FUNCTION market.categories() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 200;
CREATE FUNCTION market.first_customer() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN market.sellers() + market.admins() + 1;

-- Ordered by number, as UUIDv7s are by time.
CREATE FUNCTION market.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (lpad(to_hex(n), 8, '0') || '-0000-7' || left(md5(kind), 3) || '-8000-000000000000')::uuid;
CREATE FUNCTION market.number_of(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ('x' || left(id::text, 8))::bit(32)::bigint;

-- From 0 to 1, even.
CREATE FUNCTION market.noise(n bigint, salt integer) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (hashint8extended(n, salt) & 1048575) / 1048576.0;
-- From 1 to `max`, each as often.
CREATE FUNCTION market.even(n bigint, salt integer, max integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1 + floor(max * market.noise(n, salt))::integer;
-- From 1 to `max`, low numbers far more often.
CREATE FUNCTION market.skewed(n bigint, salt integer, max integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1 + floor(max * power(market.noise(n, salt), 2))::integer;

CREATE FUNCTION market.seller_of(product_n bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN product_n = 1 THEN 1 ELSE market.skewed(product_n, 12, market.sellers()) END;
-- Of the n-th deed; the first of each kind is that of the busiest.
CREATE FUNCTION market.customer(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN market.id('user', market.first_customer() - 1 +
    CASE WHEN n = 1 THEN 1 ELSE market.skewed(n, 13, market.users() - market.first_customer() + 1) END);

CREATE FUNCTION market.placed_at(order_n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN market.now() - interval '365 days' * (1 - order_n::float8 / market.orders()) - interval '5 minutes';
-- The last twentieth is open; of the latest, too young for any deadline, nobody has touched one.
CREATE FUNCTION market.status_of(order_n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN order_n > market.orders() - 5 THEN 'PENDING'
    WHEN order_n > market.orders() * 0.95 THEN (ARRAY['CONFIRMED', 'SHIPPED'])[1 + order_n % 2]
    WHEN order_n % 9 = 0 THEN 'CANCELLED' ELSE 'DELIVERED' END;
