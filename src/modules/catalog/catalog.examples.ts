// What the documents show of categories and of products that sellers send.
import { DEMO_CATEGORIES } from '../../lib/demo-market.ts';

const { Vegetables, 'Fruit Vegetables': fruitVegetables } = DEMO_CATEGORIES;

export const examples = {
  CategoryInput: {
    name: 'Edible Flowers',
    parent_id: Vegetables.id,
    description: 'For salads, soups and garnish.',
  },
  CategoryPatch: { description: 'Good for pinakbet, ginisa or a simple ensalada.' },
  Category: {
    ...fruitVegetables,
    name: 'Fruit Vegetables',
    description: 'Good for pinakbet, ginisa or a simple ensalada.',
    parent_id: Vegetables.id,
    product_count: 17,
    created_at: '2024-09-28T02:00:00.000Z',
    updated_at: '2024-09-28T02:00:00.000Z',
  },
  ProductInput: {
    name: 'Siling Pangsigang (Green Finger Chili)',
    category_id: fruitVegetables.id,
    description: 'Mild and crisp, picked this morning. For sinigang, paksiw and dinuguan.',
    unit: 'kg',
    price: '140.00',
    srp: '150.00',
    shelf_life_days: 10,
    handling_hours: 6,
    sku: 'SIL-021',
    tax_class: 'VAT_EXEMPT',
    origin: 'La Trinidad, Benguet',
    is_active: true,
  },
  ProductPatch: { price: '95.50', srp: '110.00' },
} as const;
