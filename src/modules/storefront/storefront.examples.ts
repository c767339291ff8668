// What the documents show of products: two of the demo seller's, one of them reduced.
import {
  DEMO_CATEGORIES,
  DEMO_PRODUCTS,
  DEMO_PROMO,
  DEMO_SELLER,
  demoId,
} from '../../lib/demo-market.ts';

const [kamatis, pipino] = DEMO_PRODUCTS;
const category = DEMO_CATEGORIES['Fruit Vegetables'];
const IMAGE = 'https://api.freshbytes.test/media/01900000-0000-7000-8000-000000000082';

const ProductImage = {
  id: demoId(82),
  status: 'READY',
  urls: { small: `${IMAGE}/small`, medium: `${IMAGE}/medium`, large: `${IMAGE}/large` },
} as const;

const shared = {
  seller: { id: DEMO_SELLER.id, business_name: DEMO_SELLER.business_name },
  category: { id: category.id, name: 'Fruit Vegetables' },
  category_id: category.id,
  unit: 'kg',
  currency: 'PHP',
  handling_hours: 0,
  tax_class: 'VAT_EXEMPT',
  origin: DEMO_SELLER.origin,
  is_active: true,
  freshness: 'FRESH',
  version: 1,
  created_at: '2026-01-19T06:00:00.000Z',
  updated_at: '2026-01-19T06:00:00.000Z',
} as const;

export const examples = {
  ProductImage,
  Product: {
    ...shared,
    id: kamatis.id,
    name: kamatis.name,
    slug: kamatis.slug,
    sku: kamatis.sku,
    description:
      'Kamatis (Native Tomato) from La Trinidad, Benguet. Good for pinakbet, ginisa or a simple ensalada. Keeps for about 10 days after harvest.',
    price: '99.00',
    current_price: '99.00',
    srp: '105.00',
    promo: null,
    shelf_life_days: 10,
    harvested_at: '2026-03-01T22:00:00.000Z',
    days_left: 9,
    available_quantity: '61.000',
    rating: 4.6,
    review_count: 5,
    sell_count: 18,
    images: [ProductImage],
  },
  SellerProduct: {
    ...shared,
    id: pipino.id,
    name: pipino.name,
    slug: pipino.slug,
    sku: pipino.sku,
    description:
      'Pipino (Cucumber) from La Trinidad, Benguet. Good for pinakbet, ginisa or a simple ensalada. Keeps for about 8 days after harvest.',
    price: '60.00',
    current_price: '51.00',
    srp: '57.00',
    promo: {
      id: DEMO_PROMO.id,
      name: DEMO_PROMO.name,
      discount_type: 'PERCENTAGE',
      discount_value: '15.00',
      ends_at: '2026-04-01T02:00:00.000Z',
    },
    shelf_life_days: 8,
    harvested_at: '2026-03-01T21:00:00.000Z',
    days_left: 7,
    available_quantity: '118.000',
    rating: 4.5,
    review_count: 2,
    sell_count: 9,
    images: [],
    warnings: [
      {
        code: 'PRICE_ABOVE_SRP',
        message: 'The price is above the suggested retail price of 57.00; customers see both.',
      },
    ],
    deleted_at: null,
  },
} as const;
