-- The words that the other files use, and the tables that TypeScript fills with names, goods and what the rules decide.
-- TypeScript has made seed.number(), seed.now(), seed.demo() and the sizes, on which all the rest depends.

-- From 0 up to, but not including, 1: the same for the same thing, however often one asks.
CREATE FUNCTION seed.noise(n bigint, what text) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (hashint8extended(n, hashtextextended(what, seed.number())) & 4294967295) / 4294967296.0;
CREATE FUNCTION seed.chance(probability float8, n bigint, what text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN seed.noise(n, what) < probability;
-- Whole numbers from 0 to below `count`: each as often, or low ones far more often.
CREATE FUNCTION seed.even(count bigint, n bigint, what text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN floor(count * seed.noise(n, what))::integer;
CREATE FUNCTION seed.skewed(count bigint, n bigint, what text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN floor(count * power(seed.noise(n, what), 2))::integer;
CREATE FUNCTION seed.pick(list text[], n bigint, what text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN list[1 + seed.even(cardinality(list), n, what)];

-- Moments are counted in milliseconds before now, so that they sort as ids do.
CREATE FUNCTION seed.at(age_ms bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  RETURN seed.now() - interval '1 ms' * age_ms;
CREATE FUNCTION seed.days(days float8) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN round(days * 86400000)::bigint;
-- A UUIDv7: its moment, then version and variant before hashes of the number.
CREATE FUNCTION seed.id(what text, n bigint, at timestamptz) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (lpad(to_hex(round(date_part('epoch', at) * 1000)::bigint), 12, '0')
    || to_hex(hashint8extended(n, hashtextextended(what, seed.number())) & 4095 | 28672)
    || to_hex(hashint8extended(n, hashtextextended(what, -seed.number() - 1)) & 1152921504606846975 | -9223372036854775808))::uuid;

CREATE UNLOGGED TABLE seed.words (
  women text[], men text[], last_names text[], women_nicknames text[], men_nicknames text[], businesses text[],
  descriptions text[], streets text[], landmarks text[], notes text[], qualifiers text[], replies text[]);
CREATE UNLOGGED TABLE seed.slug (name text PRIMARY KEY, slug text);
CREATE UNLOGGED TABLE seed.category (i integer, id uuid, name text, slug text, description text, use text, parent text);
-- `least` and `most` are harvested, in units; `bought` is what customers take, in thousandths.
CREATE UNLOGGED TABLE seed.produce (
  i integer PRIMARY KEY, name text, slug text, sku text, category text, is_taxed boolean, unit text, lowest_pesos float8,
  highest_pesos float8, shelf_days integer, least integer, most integer, bought integer[]);
CREATE UNLOGGED TABLE seed.stock_state (state text, low float8, high float8, youngest float8, oldest float8);
CREATE UNLOGGED TABLE seed.campaign (
  i integer, name text, discount_type text, discount_hundredths integer, starts_days integer, ends_days integer);
CREATE UNLOGGED TABLE seed.comments (rating integer, low float8, high float8, comments text[]);

-- What can become of an order: how likely each is at which age, and the orders that show the demo accounts every state.
CREATE UNLOGGED TABLE seed.scenario (scenario text, from_ms bigint, to_ms bigint, low float8, high float8);
CREATE UNLOGGED TABLE seed.method (scenario text, method text, low float8, high float8);
CREATE UNLOGGED TABLE seed.demo_order (scenario text, age_ms bigint, is_named boolean);
-- What the rules make of each: for the order, for its first seller order, and for those of other sellers. Steps are
-- numbered: at -1 it was placed, at 0 paid by wallet, and from 1 on its status changed. Entries of no seller order are the order's.
CREATE UNLOGGED TABLE seed.order_fate (
  scenario text, is_cash boolean, has_others boolean, order_status text, payment_status text, completed text,
  is_settled boolean, session text, is_paid boolean, ends_open boolean);
CREATE UNLOGGED TABLE seed.fate (
  scenario text, is_cash boolean, is_first boolean, order_status text, delivered_step integer, allocation_state text,
  due_hours float8, is_due boolean, is_refunded boolean);
CREATE UNLOGGED TABLE seed.step (
  scenario text, is_cash boolean, is_first boolean, step integer, from_status text, to_status text, mover text,
  reason text, least_hours float8, most_hours float8);
CREATE UNLOGGED TABLE seed.fate_movement (
  scenario text, is_cash boolean, is_first boolean, i integer, step integer, mover text, reason text, sign integer);
CREATE UNLOGGED TABLE seed.fate_entry (
  scenario text, is_cash boolean, is_first boolean, i integer, step integer, kind text, is_about_seller_order boolean,
  line_number integer, account text, of_seller boolean, subaccount text, is_debit boolean, amount text);
-- Computed by the rules for what is different in this market.
CREATE UNLOGGED TABLE seed.line_total (
  list_price_centavos integer, unit_price_centavos integer, quantity_milli bigint, subtotal_centavos bigint,
  line_total_centavos bigint);
CREATE UNLOGGED TABLE seed.commission (total_centavos bigint, commission_bps integer, commission_centavos bigint);
CREATE UNLOGGED TABLE seed.order_number (n integer PRIMARY KEY, order_number text);
