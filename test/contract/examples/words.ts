// Where the names in examples come from: each must be one that the demo market has.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../../src/db/database.ts';

type Members = Readonly<Record<string, unknown>>;

/** The statement that finds what a member names; by the member, and where that is not enough by another beside it. */
const SOURCES: readonly (readonly [
  member: string,
  beside: string | null,
  find: (value: string, thing: Members) => RawBuilder<unknown>,
])[] = [
  ['business_name', null, (v) => sql`SELECT FROM sellers WHERE business_name = ${v}`],
  [
    'product_name',
    'product_id',
    (v, t) => sql`SELECT FROM products WHERE name = ${v} AND id = ${t['product_id']}`,
  ],
  [
    'name',
    'shelf_life_days',
    (v, t) => sql`SELECT FROM products WHERE name = ${v} AND id = ${t['id']}`,
  ],
  [
    'price',
    'shelf_life_days',
    (v, t) =>
      sql`SELECT FROM products WHERE price_centavos = ${v}::numeric * 100 AND id = ${t['id']}`,
  ],
  [
    'list_price',
    'product_id',
    (v, t) =>
      sql`SELECT FROM products WHERE price_centavos = ${v}::numeric * 100 AND id = ${t['product_id']}`,
  ],
  [
    'description',
    'shelf_life_days',
    (v, t) => sql`SELECT FROM products WHERE description = ${v} AND id = ${t['id']}`,
  ],
  ['slug', 'shelf_life_days', (v) => sql`SELECT FROM products WHERE slug = ${v}`],
  ['slug', 'business_name', (v) => sql`SELECT FROM sellers WHERE slug = ${v}`],
  [
    'name',
    'parent_id',
    (v, t) =>
      sql`SELECT FROM categories WHERE name = ${v} AND id = ${t['id']} AND parent_id = ${t['parent_id']}`,
  ],
  [
    'name',
    'discount_type',
    (v, t) => sql`SELECT FROM promos WHERE name = ${v} AND id = ${t['id']}`,
  ],
  [
    'name',
    'level',
    (v, t) =>
      sql`SELECT FROM places WHERE name = ${v} AND code = ${t['code']} AND level = ${t['level']} AND parent_code = ${t['parent_code']}`,
  ],
  [
    'barangay',
    'barangay_code',
    (v, t) => sql`SELECT FROM places WHERE name = ${v} AND code = ${t['barangay_code']}`,
  ],
  ['barangay_code', null, (v) => sql`SELECT FROM places WHERE code = ${v} AND level = 'barangay'`],
  ['city', null, (v) => sql`SELECT FROM places WHERE name = ${v} AND level = 'city'`],
  ['region', null, (v) => sql`SELECT FROM places WHERE name = ${v} AND level = 'region'`],
  ['recipient_name', null, (v) => sql`SELECT FROM addresses WHERE recipient_name = ${v}`],
  [
    'user_email',
    'user_name',
    (v, t) =>
      sql`SELECT FROM users WHERE user_email = ${v} AND user_name = ${t['user_name']} AND user_phone = ${t['user_phone']}`,
  ],
  [
    'last_name',
    'first_name',
    (v, t) => sql`SELECT FROM users WHERE last_name = ${v} AND first_name = ${t['first_name']}`,
  ],
  [
    'reviewer_name',
    null,
    (v) => sql`SELECT FROM users WHERE first_name || ' ' || left(last_name, 1) || '.' = ${v}`,
  ],
  [
    'name',
    'order_count',
    (v) => sql`SELECT FROM users WHERE first_name || ' ' || left(last_name, 1) || '.' = ${v}`,
  ],
  ['comment', 'rating', (v) => sql`SELECT FROM reviews WHERE comment = ${v}`],
  ['reply', 'rating', (v) => sql`SELECT FROM reviews WHERE reply = ${v}`],
  ['order_id', null, (v) => sql`SELECT FROM orders WHERE id = ${v}`],
  ['seller_id', null, (v) => sql`SELECT FROM sellers WHERE id = ${v}`],
  ['product_id', null, (v) => sql`SELECT FROM products WHERE id = ${v}`],
  ['lot_id', null, (v) => sql`SELECT FROM lots WHERE id = ${v}`],
  ['category_id', null, (v) => sql`SELECT FROM categories WHERE id = ${v}`],
  [
    'order_number',
    null,
    (v) =>
      sql`SELECT FROM orders WHERE left(order_number, 4) = left(${v}, 4) AND length(order_number) = length(${v})`,
  ],
];

/** Every name in an answer that the demo market does not have. */
export async function strangersIn(db: Db, value: unknown): Promise<string[]> {
  if (Array.isArray(value)) return flat(await all(value, (item) => strangersIn(db, item)));
  if (typeof value !== 'object' || value === null) return [];
  const thing = value as Members;
  const strangers: string[] = [];
  for (const [member, beside, find] of SOURCES) {
    const named = thing[member];
    if (typeof named !== 'string' || (beside !== null && !(beside in thing))) continue;
    const { rows } = await find(named, thing).execute(db);
    if (rows.length === 0) strangers.push(`${member}: ${named}`);
  }
  return [
    ...strangers,
    ...flat(await all(Object.values(thing), (child) => strangersIn(db, child))),
  ];
}

/** One after the other: tests have one connection. */
async function all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function flat(lists: readonly string[][]): string[] {
  return lists.flat();
}
