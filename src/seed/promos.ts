// Promos of demo sellers: some run today, some are over, some are announced.
import { DEMO_PROMO } from '../lib/demo-market.ts';
import { DAY_MS, plusMs } from '../lib/time.ts';
import { CAMPAIGNS, type Campaign, DEMO_CAMPAIGN } from './data/campaigns.ts';
import type { Product, Promo } from './products.ts';
import { mergeRows, type Seeding, slices } from './seeding.ts';
import type { Seller } from './sellers.ts';

const PROMOS_PER_STATEMENT = 1_000;
/** Of sellers, who has a promo at all. */
const PROMOTING = 0.6;
const MAX_PRODUCTS = 4;
/** Below this price five pesos are too much to give. */
const LEAST_PROMOTED_CENTAVOS = 2_000;

/** Writes promos and tells their products of them. */
export async function seedPromos(seeding: Seeding, sold: readonly Product[]): Promise<void> {
  const { random } = seeding;
  const promos = [...Map.groupBy(sold, ({ seller }) => seller)].flatMap(([seller, shelf]) => {
    const products = shelf.filter(({ row }) => row.price_centavos >= LEAST_PROMOTED_CENTAVOS);
    if (seller.isDemo) {
      // All but the newest, so that the best seller keeps its price.
      const promoted = products.slice(-MAX_PRODUCTS - 1, -1);
      return [promoRows(seeding, DEMO_CAMPAIGN, { seller, products: promoted })];
    }
    if (products.length === 0 || !random.chance(PROMOTING)) return [];
    const start = random.integer(0, products.length - 1);
    const promoted = products.slice(start, start + random.integer(1, MAX_PRODUCTS));
    return [promoRows(seeding, random.pick(CAMPAIGNS), { seller, products: promoted })];
  });
  for (const slice of slices(promos, PROMOS_PER_STATEMENT)) await seeding.write(mergeRows(slice));
}

function promoRows(
  { random, now }: Seeding,
  campaign: Campaign,
  { seller, products }: { seller: Seller; products: readonly Product[] },
) {
  const [name, discount_type, discount_hundredths, starts_days, ends_days] = campaign;
  const starts_at = plusMs(now, starts_days * DAY_MS);
  const created_at = plusMs(starts_at < now ? starts_at : now, -DAY_MS);
  const promo: Promo = {
    id: random.id(created_at),
    seller_id: seller.row.id,
    name,
    description: null,
    discount_type,
    discount_hundredths,
    starts_at,
    ends_at: plusMs(now, ends_days * DAY_MS),
    is_active: true,
    version: 1,
    created_at,
    updated_at: created_at,
    deleted_at: null,
    ...(seller.isDemo ? { id: DEMO_PROMO.id } : {}),
  };
  for (const product of products) product.promos.push(promo);
  return {
    promos: [promo],
    promo_products: products.map(({ id }) => ({ promo_id: promo.id, product_id: id })),
  };
}
