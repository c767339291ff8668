// What the documents show of carts: what the demo order was before it was one.
import { DEMO_PRODUCTS, demoId } from '../../lib/demo-market.ts';

const [kamatis, pipino] = DEMO_PRODUCTS;

const CartItem = {
  id: demoId(91),
  product_id: kamatis.id,
  product_name: kamatis.name,
  unit: 'kg',
  quantity: '1.500',
  unit_price: '99.00',
  line_total: '148.50',
  available_quantity: '61.000',
  is_available: true,
  warnings: [],
} as const;

export const examples = {
  CartItem,
  Cart: {
    items: [
      CartItem,
      {
        ...CartItem,
        id: demoId(92),
        product_id: pipino.id,
        product_name: pipino.name,
        quantity: '2.000',
        unit_price: '51.00',
        line_total: '102.00',
        available_quantity: '118.000',
      },
    ],
    total_items: 2,
    total_amount: '250.50',
  },
  CartItemInput: { product_id: kamatis.id, quantity: '1.5' },
  CartQuantity: { quantity: '2' },
} as const;
