// The matrix's cases of what is offered: sellers, categories, products with their stock, and promos.
import { newId } from '../../src/lib/ids.ts';
import { TEST_BARANGAY } from '../support/actors.ts';
import {
  ALWAYS_DONE,
  type Cases,
  CONFLICT,
  FORBIDDEN,
  INVALID_STATUS_TRANSITION,
  keptByOwner,
  VALIDATION_ERROR,
} from './expectation.ts';
import {
  CATEGORY,
  IMAGE,
  KEPT_PRODUCT,
  KEPT_PROMO,
  LOT,
  PRODUCT,
  PROMO,
  REMOVED_PRODUCT,
  RENAMED_SELLER,
  SELLER,
  SELLERS_BOOKS,
  SUSPENDED_SELLER,
} from './objects.ts';

const APPLICATION = {
  business_phone: '09171234567',
  street: 'Km. 5',
  barangay_code: TEST_BARANGAY,
  terms_accepted: true,
};
const NEW_PRODUCT = {
  name: 'Kamatis',
  description: 'Native',
  unit: 'kg',
  price: '120',
  shelf_life_days: 7,
};
/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export const marketCases: Cases = {
  'POST /sellers': {
    who: 'verifiedCustomer',
    body: () => ({ ...APPLICATION, business_name: `Aling Nena ${newId()}` }),
    expect: { seller: CONFLICT, pending: CONFLICT, suspended: CONFLICT },
  },
  'GET /sellers': { who: 'anyone' },
  'GET /sellers/:id': { who: 'anyone', object: SELLER },
  'PATCH /sellers/:id': {
    who: 'sellerOrAdmin',
    object: SELLER,
    body: () => ({ description: 'Open daily' }),
    deviations: keptByOwner('200'),
  },
  'DELETE /sellers/:id': { who: 'sellerOrAdmin', object: SELLER, deviations: keptByOwner('204') },
  'PUT /sellers/:id/cash-collector': {
    who: 'admin',
    object: SELLER,
    body: () => ({ cash_collector: 'RIDER' }),
  },
  'POST /sellers/:id/verify': {
    who: 'admin',
    object: SELLER,
    deviations: { public: INVALID_STATUS_TRANSITION },
  },
  'POST /sellers/:id/suspend': { who: 'admin', object: SELLER },
  'POST /sellers/:id/reinstate': { who: 'admin', object: SUSPENDED_SELLER },
  'POST /sellers/:id/name/approve': { who: 'admin', object: RENAMED_SELLER },
  'POST /sellers/:id/name/refuse': { who: 'admin', object: RENAMED_SELLER },
  'PUT /sellers/:id/follow': { who: 'customerOrSeller', object: SELLER },
  'DELETE /sellers/:id/follow': {
    who: 'customerOrSeller',
    object: SELLER,
    deviations: ALWAYS_DONE,
  },
  'GET /sellers/:id/orders': { who: 'sellerOrAdmin', object: SELLERS_BOOKS },
  'GET /sellers/:id/customers': { who: 'sellerOrAdmin', object: SELLERS_BOOKS },

  'GET /categories': { who: 'anyone' },
  'POST /categories': { who: 'admin', body: () => ({ name: newId() }) },
  'GET /categories/:id': { who: 'anyone', object: CATEGORY },
  'PATCH /categories/:id': {
    who: 'admin',
    object: CATEGORY,
    body: () => ({ description: 'Leaves' }),
  },
  'DELETE /categories/:id': { who: 'admin', object: CATEGORY },

  'GET /products': { who: 'anyone' },
  'GET /products/:id': { who: 'anyone', object: PRODUCT },
  'GET /store/products': { who: 'sellerOrAdmin', expect: { admin: VALIDATION_ERROR } },
  'GET /products/deleted': { who: 'sellerOrAdmin' },
  'POST /products': {
    who: 'sellerOrAdmin',
    object: CATEGORY,
    body: ({ id }, { rival }, caller) => ({
      ...NEW_PRODUCT,
      category_id: id,
      ...(caller === 'admin' ? { seller_id: rival.seller_id } : {}),
    }),
    deviations: { absent: { suspended: FORBIDDEN, others: VALIDATION_ERROR } },
    isSelling: true,
  },
  'PATCH /products/:id': {
    who: 'sellerOrAdmin',
    object: KEPT_PRODUCT,
    body: () => ({ price: '99' }),
    isSelling: true,
  },
  'DELETE /products/:id': { who: 'sellerOrAdmin', object: KEPT_PRODUCT, isSelling: true },
  'POST /products/:id/restore': { who: 'sellerOrAdmin', object: REMOVED_PRODUCT, isSelling: true },
  'POST /products/:id/images': {
    who: 'sellerOrAdmin',
    object: KEPT_PRODUCT,
    body: () => PNG,
    isSelling: true,
  },
  'DELETE /products/:id/images/:image_id': { who: 'sellerOrAdmin', object: IMAGE, isSelling: true },

  'GET /products/:id/lots': { who: 'sellerOrAdmin', object: KEPT_PRODUCT },
  'POST /products/:id/lots': {
    who: 'sellerOrAdmin',
    object: KEPT_PRODUCT,
    body: (_names, { test }) => ({ quantity: '5', harvested_at: test.clock.now().toISOString() }),
    isSelling: true,
  },
  'POST /products/:id/lots/:lot_id/adjust': {
    who: 'sellerOrAdmin',
    object: LOT,
    body: () => ({ delta: '-1', reason: 'SPOILAGE' }),
    isSelling: true,
  },
  'GET /products/:id/movements': { who: 'sellerOrAdmin', object: KEPT_PRODUCT },

  'GET /promos': { who: 'anyone' },
  'GET /promos/:id': { who: 'anyone', object: PROMO },
  'POST /promos': {
    who: 'sellerOrAdmin',
    object: KEPT_PRODUCT,
    body: ({ id }) => ({
      name: 'Tomato week',
      discount_type: 'FIXED',
      discount_value: '5',
      starts_at: '2026-03-01T00:00:00+08:00',
      ends_at: '2026-04-01T00:00:00+08:00',
      product_ids: [id],
    }),
    deviations: {
      private: { admin: '201', suspended: FORBIDDEN, others: VALIDATION_ERROR },
      absent: { suspended: FORBIDDEN, others: VALIDATION_ERROR },
    },
    isSelling: true,
  },
  'PATCH /promos/:id': {
    who: 'sellerOrAdmin',
    object: KEPT_PROMO,
    body: () => ({ name: 'Last days' }),
    isSelling: true,
  },
  'DELETE /promos/:id': { who: 'sellerOrAdmin', object: KEPT_PROMO, isSelling: true },
};
