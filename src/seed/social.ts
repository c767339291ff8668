// What demo buyers like: favourite products and sellers whom they follow.
import type { People } from './people.ts';
import type { Product } from './products.ts';
import { daysAgo, mergeRows, type Seeding, slices } from './seeding.ts';

const BUYERS_PER_STATEMENT = 1_000;
const MAX_FAVORITES = 5;
const MAX_FOLLOWS = 3;
const DEMO_FAVORITES = 6;
const SINCE_DAYS = 30;

export async function seedSocial(
  seeding: Seeding,
  people: People,
  sold: readonly Product[],
): Promise<void> {
  const { random } = seeding;
  const [demoCustomer] = people.buyers;
  const newest = sold.slice(-DEMO_FAVORITES);
  const rows = people.buyers.map((buyer) => {
    const isDemo = buyer === demoCustomer;
    const products = isDemo ? newest : sample(MAX_FAVORITES, sold);
    const sellers = isDemo ? people.sellers.slice(0, 2) : sample(MAX_FOLLOWS, people.sellers);
    return {
      favorites: products.map(({ id }) => ({
        user_id: buyer.user.id,
        product_id: id,
        created_at: lately(),
      })),
      seller_follows: sellers.map(({ row }) => ({
        user_id: buyer.user.id,
        seller_id: row.id,
        created_at: lately(),
      })),
    };
  });
  for (const slice of slices(rows, BUYERS_PER_STATEMENT)) await seeding.write(mergeRows(slice));

  function lately(): Date {
    return random.moment(daysAgo(seeding, SINCE_DAYS), seeding.now);
  }

  /** Up to `most` different ones. */
  function sample<T>(most: number, from: readonly T[]): T[] {
    return [...new Set(Array.from({ length: random.integer(0, most) }, () => random.pick(from)))];
  }
}
