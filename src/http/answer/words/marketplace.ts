// Refusals by the rules of the marketplace.
import { DEMO_ORDER, DEMO_PRODUCTS, DEMO_SELLER } from '../../../lib/demo-market.ts';
import type { ProblemWords } from './words.ts';

const [KAMATIS] = DEMO_PRODUCTS;
const SHORT = { product_id: KAMATIS.id, product_name: KAMATIS.name };

export const MARKETPLACE_WORDS: Readonly<Record<string, ProblemWords>> = {
  LIMIT_REACHED: {
    what: 'There are already as many of these as one account or product may have.',
    why: 'Products, lots, promos, addresses and images are bounded, so that nobody fills the market for everybody else.',
    remedy: 'Remove or end what is no longer needed, then send the request again.',
    example: {
      detail: 'There are as many of these as may be: remove one first.',
      instance: '/api/v1/products',
    },
  },
  LINE_TOO_SMALL: {
    what: 'A line of the order costs less than the least that is sold.',
    why: 'A crumb of something costs more to bring than it brings in.',
    remedy: 'Order more of each of `products` with `PUT /cart/items/{product_id}`.',
    example: {
      detail: `Order more of each. The least before promos is, of ${KAMATIS.name}: 1.00.`,
      instance: '/api/v1/orders/checkout',
      products: [SHORT],
    },
  },
  UNPAID_LIMIT: {
    what: 'You have as much ordered and not yet paid as is allowed.',
    why: 'Unpaid orders hold stock that others could buy, so their number, their worth and their share of a product are bounded.',
    remedy:
      'Pay an open order or cancel it with `POST /orders/{id}/cancel`, or wait until one is delivered; then order again.',
    example: {
      detail:
        'You have as many unpaid orders as are allowed. Pay or cancel an open order, or wait until one is delivered; then order again.',
      instance: '/api/v1/orders/checkout',
    },
  },
  OPEN_ORDERS: {
    what: 'The account or the seller profile cannot be closed while orders of it are open.',
    why: 'Somebody has paid for them or waits for them, and nobody else could bring them to an end.',
    remedy:
      'Deliver them or cancel them first, with `PATCH /orders/{id}/status` or `POST /orders/{id}/cancel`.',
    example: {
      detail:
        'This seller has 2 open seller orders: deliver or cancel them first, at PATCH /orders/{id}/status.',
      instance: `/api/v1/sellers/${DEMO_SELLER.id}`,
    },
  },
  INSUFFICIENT_STOCK: {
    what: 'There is less in stock than the order asks for.',
    why: 'Others bought it, or the harvest has passed its time, since it was put into the cart. Nothing has been ordered or reserved.',
    remedy:
      'Read `products`: it names what is short and how much is left. Change those quantities with `PUT /cart/items/{product_id}` and check out again.',
    example: {
      detail: `Not enough in stock. ${KAMATIS.name}: 0.500 kg left.`,
      instance: '/api/v1/orders/checkout',
      products: [{ ...SHORT, available_quantity: '0.500', unit: 'kg' }],
    },
  },
  PRODUCT_UNAVAILABLE: {
    what: 'A product cannot be bought at the moment.',
    why: 'It has been paused or removed, its seller is not selling, or it is your own.',
    remedy:
      'Remove it with `DELETE /cart/items/{product_id}`; at checkout `products` names each one.',
    example: {
      detail: `Not on sale at the moment: ${KAMATIS.name}. Remove them from the cart.`,
      instance: '/api/v1/orders/checkout',
      products: [SHORT],
    },
  },
  EMPTY_CART: {
    what: 'There is nothing in the cart to order.',
    why: 'The cart is empty, or the lines named by `cart_item_ids` are no longer in it.',
    remedy: 'Put something in with `POST /cart/items`, or look at `GET /cart` for what is there.',
    example: { detail: 'The cart is empty.', instance: '/api/v1/orders/checkout' },
  },
  PRICE_CHANGED: {
    what: 'The order would cost something else than your `expected_total`.',
    why: 'A price changed, or a promo began or ended, since the cart was shown.',
    remedy:
      'Show the customer `GET /cart` again, and check out with the new total once they agree.',
    example: {
      detail: 'The total is now 250.50, not 240.00. Look at the cart again.',
      instance: '/api/v1/orders/checkout',
      total_amount: '250.50',
    },
  },
  PAYMENT_REQUIRED: {
    what: 'The order waits for its payment and cannot be moved on.',
    why: 'Goods bought with a wallet leave the farm once they are paid.',
    remedy:
      'Wait until the customer has paid; an order that stays unpaid is cancelled by itself. You may cancel it before.',
    example: {
      detail: 'The customer has not paid yet; the order can be cancelled, but not moved on.',
      instance: `/api/v1/orders/${DEMO_ORDER.id}/status`,
    },
  },
  INVALID_STATUS_TRANSITION: {
    what: 'The object cannot go from the status that it has to the one that you ask for.',
    why: 'Orders go from PENDING over CONFIRMED and SHIPPED to DELIVERED, or are cancelled on the way; sellers are verified, suspended and reinstated.',
    remedy: 'Read the object for the status that it has now, and ask for one that follows it.',
    example: {
      detail: 'A seller that is VERIFIED cannot be verified.',
      instance: `/api/v1/sellers/${DEMO_SELLER.id}/verify`,
    },
  },
};
