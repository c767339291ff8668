// Changes that break those who read: what operations answer, and whom.
import {
  add,
  all,
  CART,
  copy,
  drop,
  LIST,
  nullable,
  ONE,
  PRODUCT,
  REGISTER,
  set,
} from './edits.ts';
import type { BreakingCase } from './requests.cases.ts';

export const breakingAnswers: readonly BreakingCase[] = [
  [
    'a member of an answer is removed',
    all(drop(`${PRODUCT} properties slug`), drop(`${PRODUCT} required slug`)),
    'GET /api/v1/products/{id}: answer 200 as application/json /slug was removed',
  ],
  [
    'a member of an answer is no longer always there',
    drop(`${PRODUCT} required slug`),
    'GET /api/v1/products: answer 200 as application/json /results/*/slug is no longer always there',
  ],
  [
    'a member of an answer may be null',
    set(`${PRODUCT} properties slug`, nullable({ type: 'string' })),
    'GET /api/v1/products/{id}: answer 200 as application/json /slug `type` was "string" and is "null"',
  ],
  [
    'a member of an answer has another type',
    set(`${PRODUCT} properties price`, { type: 'number' }),
    'GET /api/v1/products/{id}: answer 200 as application/json /price `type` was "string" and is "number"',
  ],
  [
    'a whole number becomes one with places',
    set(`${PRODUCT} properties review_count`, { type: 'number' }),
    'GET /api/v1/products/{id}: answer 200 as application/json /review_count `type` was "integer" and is "number"',
  ],
  [
    'an answer may hold another value of a choice',
    add('components schemas Order properties order_status enum', 'LOST'),
    'GET /api/v1/orders/{id}: answer 200 as application/json /order_status `enum` was ["PENDING","CONFIRMED","SHIPPED","DELIVERED","CANCELLED","REFUNDED"] and is ["PENDING","CONFIRMED","SHIPPED","DELIVERED","CANCELLED","REFUNDED","LOST"]',
  ],
  [
    'text in an answer loses its format',
    drop('components schemas Order properties placed_at format'),
    'GET /api/v1/orders/{id}: answer 200 as application/json /placed_at `format` was "date-time" and is not set',
  ],
  [
    'text in an answer has another form',
    set('components schemas Order properties subtotal pattern', '^\\d+$'),
    'GET /api/v1/orders/{id}: answer 200 as application/json /subtotal `pattern` was "^-?\\\\d+\\\\.\\\\d{2}$" and is "^\\\\d+$"',
  ],
  [
    'a whole object in an answer loses a member',
    all(
      drop('components schemas Problem properties request_id'),
      drop('components schemas Problem required request_id'),
    ),
    'GET /api/v1/cart: answer 401 as application/problem+json /request_id was removed',
  ],
  [
    'a success has another status',
    all(
      copy(`${REGISTER} responses 201`, `${REGISTER} responses 200`),
      drop(`${REGISTER} responses 201`),
    ),
    'POST /api/v1/auth/register: answer 201 was removed',
  ],
  [
    'an answer is no longer conditional',
    drop(`${LIST} responses 304`),
    'GET /api/v1/products: answer 304 was removed',
  ],
  [
    'an answer has another type',
    all(
      copy(
        `${ONE} responses 200 content application/json`,
        `${ONE} responses 200 content text/csv`,
      ),
      drop(`${ONE} responses 200 content application/json`),
    ),
    'GET /api/v1/products/{id}: answer 200 as application/json was removed',
  ],
  [
    'an answer has no content',
    drop(`${ONE} responses 200 content`),
    'GET /api/v1/products/{id}: answer 200 as application/json was removed',
  ],
  [
    'an answer lacks a header',
    drop(`${ONE} responses 200 headers ETag`),
    'GET /api/v1/products/{id}: answer 200 header ETag was removed',
  ],
  [
    'anybody may call it no more',
    set(`${LIST} security`, [{ bearer: [] }]),
    'GET /api/v1/products: security: nothing is no longer enough',
  ],
  [
    'a second proof is asked for',
    set(`${CART} security`, [{ bearer: [], otp: [] }]),
    'GET /api/v1/cart: security: bearer is no longer enough',
  ],
  [
    'the document asks everywhere',
    all(drop('paths /api/v1/health get security'), set('security', [{ bearer: [] }])),
    'GET /api/v1/health: security: nothing is no longer enough',
  ],
  [
    'a proof has another form',
    set('components securitySchemes bearer scheme', 'basic'),
    'security scheme bearer changed',
  ],
  [
    'a proof is removed',
    drop('components securitySchemes bearer'),
    'security scheme bearer changed',
  ],
];
