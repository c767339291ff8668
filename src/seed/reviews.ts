// Reviews of demo buyers: only of what was delivered to them, one for each product.
import type { RowsByTable } from '../db/insert-together.ts';
import { DAY_MS, HOUR_MS, plusMs } from '../lib/time.ts';
import { COMMENTS, REPLIES } from './data/comments.ts';
import type { OrderDraft } from './orders/draft.ts';
import { deliveredAt } from './orders/order-rows.ts';
import type { Buyer } from './people.ts';
import type { Product } from './products.ts';
import type { Seeding } from './seeding.ts';

const REVIEWED = 0.4;
const REPLIED = 0.35;
const STARS = [
  [5, 52],
  [4, 29],
  [3, 11],
  [2, 5],
  [1, 3],
] as const;
const DELAY_MS = [2 * HOUR_MS, 6 * DAY_MS] as const;

/** Remembers who has reviewed what. */
export function createReviewer({ random, now }: Seeding): (order: OrderDraft) => RowsByTable {
  const known = new Set<string>();
  return ({ buyer, parts }) => {
    // Whoever tries the market as the demo customer writes the first reviews.
    if (buyer.user.user_name === 'customer') return { reviews: [] };
    const reviews = parts.flatMap((part) => {
      const delivered_at = deliveredAt(part);
      if (delivered_at === null) return [];
      return part.lines.flatMap(({ product }) => {
        const created_at = plusMs(delivered_at, random.integer(...DELAY_MS));
        const key = `${buyer.user.id} ${product.id}`;
        if (created_at >= now || known.has(key) || !random.chance(REVIEWED)) return [];
        known.add(key);
        return [reviewRow({ random, now }, { product, buyer, created_at })];
      });
    });
    return { reviews };
  };
}

function reviewRow(
  { random, now }: Pick<Seeding, 'random' | 'now'>,
  { product, buyer, created_at }: { product: Product; buyer: Buyer; created_at: Date },
) {
  const { id: user_id, first_name, last_name } = buyer.user;
  const rating = random.weighted(STARS);
  const replied_at = plusMs(created_at, random.integer(...DELAY_MS));
  const isReplied = replied_at < now && random.chance(REPLIED);
  return {
    id: random.id(created_at),
    product_id: product.id,
    user_id,
    reviewer_name: `${first_name} ${last_name.charAt(0)}.`,
    rating,
    comment: random.pick(COMMENTS[rating] ?? []),
    reply: isReplied ? random.pick(REPLIES) : null,
    replied_at: isReplied ? replied_at : null,
    created_at,
    updated_at: isReplied ? replied_at : created_at,
    deleted_at: null,
  };
}
