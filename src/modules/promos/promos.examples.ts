// What the documents show of promos: the demo seller's that runs, and one of a coming weekend.
import { DEMO_PRODUCTS, DEMO_PROMO, DEMO_SELLER } from '../../lib/demo-market.ts';

const [kamatis, pipino] = DEMO_PRODUCTS;

export const examples = {
  NewPromo: {
    name: 'Kamatis Weekend',
    description: 'A tenth off while the harvest lasts.',
    discount_type: 'PERCENTAGE',
    discount_value: '10',
    starts_at: '2026-03-07T00:00:00+08:00',
    ends_at: '2026-03-09T00:00:00+08:00',
    product_ids: [kamatis.id],
    is_active: true,
  },
  PromoPatch: { discount_value: '20', ends_at: '2026-04-15T00:00:00+08:00' },
  Promo: {
    id: DEMO_PROMO.id,
    seller_id: DEMO_SELLER.id,
    name: DEMO_PROMO.name,
    description: null,
    discount_type: 'PERCENTAGE',
    discount_value: '15.00',
    starts_at: '2026-02-25T02:00:00.000Z',
    ends_at: '2026-04-01T02:00:00.000Z',
    product_ids: [pipino.id],
    is_active: true,
    status: 'active',
    version: 1,
    created_at: '2026-02-24T02:00:00.000Z',
    updated_at: '2026-02-24T02:00:00.000Z',
  },
} as const;
