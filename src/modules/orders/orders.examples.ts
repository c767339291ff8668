// What the documents show of orders: the demo customer buys tomatoes and reduced cucumbers of the demo seller.
import {
  DEMO_ADDRESS,
  DEMO_ORDER,
  DEMO_PEOPLE,
  DEMO_PRODUCTS,
  DEMO_SELLER,
  demoId,
} from '../../lib/demo-market.ts';
import { examples as payments } from '../payments/payments.examples.ts';

const [kamatis, pipino] = DEMO_PRODUCTS;
const { id: _id, label: _label, ...place } = DEMO_ADDRESS;
const SHIPPING_ADDRESS = {
  ...place,
  province: null,
  recipient_name: 'Maria Santos',
  recipient_phone: DEMO_PEOPLE.customer.user_phone,
  zip_code: null,
} as const;

const OrderItem = {
  id: demoId(93),
  product_id: kamatis.id,
  product_name: kamatis.name,
  seller_id: DEMO_SELLER.id,
  unit: 'kg',
  tax_class: 'VAT_EXEMPT',
  quantity: '1.500',
  list_price: '99.00',
  unit_price: '99.00',
  line_total: '148.50',
} as const;

const SellerOrder = {
  id: DEMO_ORDER.seller_order_id,
  seller_id: DEMO_SELLER.id,
  order_status: 'PENDING',
  subtotal: '268.50',
  discount: '18.00',
  total_amount: '250.50',
  refunded_amount: '0.00',
  due_at: null,
} as const;

export const examples = {
  Checkout: {
    address_id: DEMO_ADDRESS.id,
    payment_method: 'GCASH',
    notes: 'Pakitawag po bago mag-deliver.',
  },
  OrderCancellation: { reason: 'I chose the wrong address' },
  OrderStatusChange: { order_status: 'CONFIRMED' },
  ShippingAddress: SHIPPING_ADDRESS,
  OrderItem,
  SellerOrder,
  Order: {
    id: DEMO_ORDER.id,
    order_number: 'OID-2026-000299',
    order_status: 'PENDING',
    payment_status: 'PENDING',
    payment_method: 'GCASH',
    payment: payments.Payment,
    subtotal: '268.50',
    discount: '18.00',
    delivery_fee: '0.00',
    total_amount: '250.50',
    currency: 'PHP',
    items: [
      OrderItem,
      {
        ...OrderItem,
        id: demoId(94),
        product_id: pipino.id,
        product_name: pipino.name,
        quantity: '2.000',
        list_price: '60.00',
        unit_price: '51.00',
        line_total: '102.00',
      },
    ],
    seller_orders: [SellerOrder],
    shipping_address: SHIPPING_ADDRESS,
    notes: 'Pakitawag po bago mag-deliver.',
    placed_at: '2026-03-02T01:50:00.000Z',
    updated_at: '2026-03-02T01:50:00.000Z',
    archived_at: null,
  },
  OrderEvent: {
    id: demoId(95),
    seller_order_id: DEMO_ORDER.seller_order_id,
    actor_role: 'seller',
    from_status: 'PENDING',
    to_status: 'CONFIRMED',
    reason: null,
    created_at: '2026-03-02T01:58:00.000Z',
  },
  SellerCustomer: { name: 'Maria S.', order_count: 16 },
} as const;
