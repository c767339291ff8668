// What the documents show of favorites.
import { DEMO_PRODUCTS } from '../../lib/demo-market.ts';

const [, pipino] = DEMO_PRODUCTS;

export const examples = {
  Favorite: {
    product_id: pipino.id,
    product_name: pipino.name,
    unit: 'kg',
    price: '60.00',
    current_price: '51.00',
    is_available: true,
    created_at: '2026-02-27T11:15:00.000Z',
  },
} as const;
