// What must hold of people, catalogue and reviews, and of the guards that the schema itself sets.
import type { Rule } from './rule.ts';

const APPEND_ONLY = [
  'stock_movements',
  'audit_entries',
  'audit_seals',
  'audit_detached_seals',
  'order_events',
  'journal_entries',
  'journal_lines',
];

/** Where tables of ours lie. */
const SCHEMAS = "'public'::regnamespace, 'partitions'::regnamespace";

/** Bits of pg_trigger.tgtype. */
const ON_DELETE = 8;
const ON_UPDATE = 16;

/** Rows that share a key which must be theirs alone. */
function unique(name: string, key: string, from: string): Rule {
  return {
    name,
    sql: `SELECT format('%s rows share one key', count(*)) AS detail FROM ${from} GROUP BY ${key} HAVING count(*) > 1`,
  };
}

export const peopleRules: readonly Rule[] = [
  {
    name: 'append-only tables refuse changes',
    sql: `SELECT format('%s has no guard', t.name) AS detail
      FROM unnest(ARRAY['${APPEND_ONLY.join("', '")}']::regclass[]
        || ARRAY(SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent IN ('audit_entries'::regclass, 'audit_seals'::regclass))
      ) AS t (name)
      WHERE NOT EXISTS (
        SELECT FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
        WHERE g.tgrelid = t.name AND f.proname = 'refuse_change' AND g.tgenabled IN ('O', 'A')
          AND g.tgtype & ${ON_DELETE | ON_UPDATE} = ${ON_DELETE | ON_UPDATE})`,
  },
  {
    name: 'no guard of the schema is switched off',
    sql: `SELECT format('trigger %s on %s is disabled', tgname, tgrelid::regclass) AS detail
      FROM pg_trigger WHERE tgenabled = 'D' AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (${SCHEMAS}))
      UNION ALL
      SELECT format('constraint %s is not validated', conname) FROM pg_constraint
      WHERE NOT convalidated AND connamespace IN (${SCHEMAS})
      UNION ALL
      SELECT format('index %s is not valid', indexrelid::regclass) FROM pg_index
      WHERE NOT indisvalid AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (${SCHEMAS}))`,
  },
  {
    name: 'an audit entry is sealed or waits for its seal',
    sql: `SELECT format('entry %s', e.id) AS detail FROM audit_entries e
      WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = e.id)
        AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.entry_id = e.id)`,
  },
  {
    name: 'an audit entry and its seal lie in partitions of the same months',
    sql: `SELECT format('%s has no partition of seals like it', e.name) AS detail FROM partitions_of('audit_entries') e
      WHERE NOT EXISTS (
        SELECT FROM partitions_of('audit_seals') s WHERE s.name = replace(e.name, 'audit_entries_', 'audit_seals_')
          AND (s.lower_id, s.upper_id, s.is_default) IS NOT DISTINCT FROM (e.lower_id, e.upper_id, e.is_default))`,
  },
  {
    name: 'a deleted user is not active',
    sql: "SELECT format('user %s', id) AS detail FROM users WHERE deleted_at IS NOT NULL AND is_active",
  },
  unique(
    'an e-mail address belongs to one user',
    'lower(user_email)',
    'users WHERE deleted_at IS NULL',
  ),
  unique('a user name belongs to one user', 'lower(user_name)', 'users WHERE deleted_at IS NULL'),
  unique(
    'a confirmed phone number belongs to one user',
    'user_phone',
    'users WHERE deleted_at IS NULL AND phone_verified_at IS NOT NULL',
  ),
  unique('a user has one seller profile', 'user_id', 'sellers WHERE deleted_at IS NULL'),
  unique(
    'a SKU names one product of a seller',
    'seller_id, sku',
    'products WHERE deleted_at IS NULL AND sku IS NOT NULL',
  ),
  unique(
    'a customer reviews a product once',
    'user_id, product_id',
    'reviews WHERE deleted_at IS NULL',
  ),
  unique('an idempotency key is one per user', 'user_id, key', 'idempotency_keys'),
  unique('an order number names one order', 'order_number', 'orders'),
  {
    name: 'prices are positive',
    sql: "SELECT format('product %s', id) AS detail FROM products WHERE price_centavos < 1 OR srp_centavos < 1",
  },
  {
    name: 'a promo ends after it starts, and a percentage is 1 to 100',
    sql: `SELECT format('promo %s', id) AS detail FROM promos
      WHERE ends_at <= starts_at OR (discount_type = 'PERCENTAGE' AND discount_hundredths NOT BETWEEN 100 AND 10000)`,
  },
  {
    name: 'ratings are the sums of reviews',
    sql: `WITH stars AS (
        SELECT product_id, count(*) AS number, sum(rating) AS total FROM reviews WHERE deleted_at IS NULL GROUP BY product_id)
      SELECT format('product %s', k.product_id) AS detail
      FROM product_counters k LEFT JOIN stars ON stars.product_id = k.product_id
      WHERE k.review_count <> coalesce(stars.number, 0) OR k.rating_sum <> coalesce(stars.total, 0)
      UNION ALL
      SELECT format('seller %s', s.id)
      FROM sellers s
      LEFT JOIN (
        SELECT p.seller_id, sum(stars.number) AS number, sum(stars.total) AS total
        FROM stars JOIN products p ON p.id = stars.product_id GROUP BY p.seller_id
      ) own ON own.seller_id = s.id
      WHERE s.review_count <> coalesce(own.number, 0) OR s.rating_sum <> coalesce(own.total, 0)`,
  },
  {
    name: 'followers are counted',
    sql: `SELECT format('seller %s shows %s, has %s', s.id, s.follower_count, coalesce(f.number, 0)) AS detail
      FROM sellers s LEFT JOIN (SELECT seller_id, count(*) AS number FROM seller_follows GROUP BY seller_id) f ON f.seller_id = s.id
      WHERE s.follower_count <> coalesce(f.number, 0)`,
  },
];
