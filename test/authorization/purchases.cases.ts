// The matrix's cases of what customers do: reviews, favorites, carts, orders and payments.
import {
  ALWAYS_DONE,
  type Cases,
  FORBIDDEN,
  keptByOwner,
  NOBODY_ELSES,
  NOT_FOUND,
} from './expectation.ts';
import {
  CART_LINE,
  DELIVERY_ADDRESS,
  ORDER,
  PAID_PAYMENT,
  PAYMENT,
  PRODUCT,
  PROVIDER,
  REVIEW,
  REVIEW_OF_SALE,
  REVIEWABLE_PRODUCT,
} from './objects.ts';

export const purchaseCases: Cases = {
  'GET /products/:id/reviews': { who: 'anyone', object: PRODUCT },
  'POST /reviews': {
    who: 'verifiedCustomer',
    object: REVIEWABLE_PRODUCT,
    body: ({ id }) => ({ product_id: id, rating: 5, comment: 'Crisp.' }),
    deviations: { public: FORBIDDEN },
  },
  'PATCH /reviews/:id': {
    who: 'customerOrSeller',
    object: REVIEW,
    body: () => ({ rating: 3 }),
    deviations: { public: FORBIDDEN },
  },
  'DELETE /reviews/:id': { who: 'signedIn', object: REVIEW, deviations: keptByOwner('204') },
  'POST /reviews/:id/reply': {
    who: 'seller',
    object: REVIEW_OF_SALE,
    body: () => ({ reply: 'Salamat po!' }),
    deviations: { public: FORBIDDEN },
  },

  'GET /favorites': { who: 'customerOrSeller' },
  'PUT /favorites/:product_id': {
    who: 'customerOrSeller',
    object: PRODUCT,
    deviations: { own: NOT_FOUND },
  },
  'DELETE /favorites/:product_id': {
    who: 'customerOrSeller',
    object: PRODUCT,
    deviations: ALWAYS_DONE,
  },

  'GET /cart': { who: 'verifiedCustomer' },
  'POST /cart/items': {
    who: 'verifiedCustomer',
    object: PRODUCT,
    body: ({ id }) => ({ product_id: id, quantity: '1' }),
    deviations: { own: FORBIDDEN },
  },
  'PUT /cart/items/:product_id': {
    who: 'verifiedCustomer',
    object: PRODUCT,
    body: () => ({ quantity: '2' }),
    deviations: { own: FORBIDDEN },
  },
  'DELETE /cart/items/:product_id': { who: 'verifiedCustomer', object: CART_LINE },
  'DELETE /cart': { who: 'verifiedCustomer' },

  'POST /orders/checkout': {
    who: 'verifiedCustomer',
    object: DELIVERY_ADDRESS,
    body: ({ id }) => ({ address_id: id, payment_method: 'COD' }),
  },
  'GET /orders': { who: 'signedIn' },
  'GET /orders/:id': { who: 'signedIn', object: ORDER },
  'GET /orders/:id/events': { who: 'signedIn', object: ORDER },
  'POST /orders/:id/cancel': { who: 'signedIn', object: ORDER, deviations: { sold: NOT_FOUND } },
  // A customer of a seller does not fulfil for that seller, even as a seller themselves.
  'PATCH /orders/:id/status': {
    who: 'sellerOrAdmin',
    object: ORDER,
    body: () => ({ order_status: 'CONFIRMED' }),
    deviations: { own: NOT_FOUND },
  },
  'PATCH /orders/:id/archive': {
    who: 'signedIn',
    object: ORDER,
    deviations: { sold: NOT_FOUND, ...NOBODY_ELSES },
  },

  'GET /payments': { who: 'signedIn' },
  'GET /payments/:id': { who: 'signedIn', object: PAYMENT, deviations: { sold: NOT_FOUND } },
  'POST /payments/:id/refunds': {
    who: 'admin',
    object: PAID_PAYMENT,
    body: () => ({ amount: '1', reason: 'Bruised' }),
  },
  'POST /dev/payments/:payment_id/simulate': {
    who: 'signedIn',
    object: PAYMENT,
    body: () => ({ outcome: 'success' }),
    deviations: { sold: NOT_FOUND, ...NOBODY_ELSES },
  },
  // Nobody is believed without a provider's signature.
  'POST /webhooks/payments/:provider': {
    who: 'signedOut',
    object: PROVIDER,
    body: () => ({}),
    deviations: { public: FORBIDDEN },
  },
};
