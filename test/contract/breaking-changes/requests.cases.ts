// Changes that break those who call: operations and what they take.
import {
  add,
  all,
  CANCEL,
  copy,
  drop,
  type Edit,
  JSON_BODY,
  LIST,
  PROVIDER,
  REGISTRATION,
  set,
  UPLOAD,
} from './edits.ts';

/** What changes, and a line of what the check says then. */
export type BreakingCase = readonly [what: string, edit: Edit, line: string];

export const breakingRequests: readonly BreakingCase[] = [
  ['a path is removed', drop('paths /api/v1/products'), 'GET /api/v1/products: was removed'],
  ['a method is removed', drop('paths /api/v1/cart delete'), 'DELETE /api/v1/cart: was removed'],
  [
    'a parameter of the path has another name',
    all(
      copy('paths /api/v1/products/{id}', 'paths /api/v1/products/{key}'),
      drop('paths /api/v1/products/{id}'),
    ),
    'GET /api/v1/products/{id}: was removed',
  ],
  [
    'an operation has another id',
    set(`${LIST} operationId`, 'getProducts'),
    'GET /api/v1/products: operationId was listProducts and is getProducts',
  ],
  [
    'a query parameter is removed',
    drop(`${LIST} parameters freshness`),
    'GET /api/v1/products: query parameter freshness was removed',
  ],
  [
    'a header is no longer read',
    drop(`${LIST} parameters IfNoneMatch`),
    'GET /api/v1/products: header parameter If-None-Match was removed',
  ],
  [
    'a parameter becomes required',
    set(`${LIST} parameters search required`, true),
    'GET /api/v1/products: query parameter search is now required',
  ],
  [
    'a shared parameter becomes required',
    set('components parameters IfMatch required', true),
    'PATCH /api/v1/sellers/{id}: header parameter If-Match is now required',
  ],
  [
    'a new parameter is required',
    add(`${LIST} parameters`, { name: 'city', in: 'query', required: true, schema: {} }),
    'GET /api/v1/products: query parameter city is now required',
  ],
  [
    'a number may be less large',
    set(`${LIST} parameters PageSize schema maximum`, 50),
    'GET /api/v1/products: query parameter page_size `maximum` was 100 and is 50',
  ],
  [
    'a number must be larger',
    set(`${LIST} parameters min_days_left schema minimum`, 1),
    'GET /api/v1/products: query parameter min_days_left `minimum` was 0 and is 1',
  ],
  [
    'a parameter has another type',
    set(`${LIST} parameters in_stock schema type`, 'integer'),
    'GET /api/v1/products: query parameter in_stock `type` was "boolean" and is "integer"',
  ],
  [
    'a value of a parameter is no longer taken',
    drop(`${LIST} parameters freshness schema enum ROTTEN`),
    'GET /api/v1/products: query parameter freshness `enum` was ["FRESH","SLIGHTLY_WITHERED","ROTTEN"] and is ["FRESH","SLIGHTLY_WITHERED"]',
  ],
  [
    'free text becomes a choice',
    set(`${LIST} parameters category schema enum`, ['fruit']),
    'GET /api/v1/products: query parameter category `enum` was not set and is ["fruit"]',
  ],
  [
    'what is left out means something else',
    set(`${LIST} parameters PageSize schema default`, 50),
    'GET /api/v1/products: query parameter page_size `default` was 20 and is 50',
  ],
  [
    'text must have another form',
    set(`${LIST} parameters price_min schema pattern`, '^\\d+$'),
    'GET /api/v1/products: query parameter price_min `pattern` was "^\\\\d{1,6}(\\\\.\\\\d{1,2})?$" and is "^\\\\d+$"',
  ],
  [
    'text must have a format',
    set(`${LIST} parameters search schema format`, 'email'),
    'GET /api/v1/products: query parameter search `format` was not set and is "email"',
  ],
  [
    'text may be less long',
    set(`${REGISTRATION} properties first_name maxLength`, 50),
    'POST /api/v1/auth/register: request body as application/json /first_name `maxLength` was 100 and is 50',
  ],
  [
    'text must be longer',
    set(`${REGISTRATION} properties password minLength`, 12),
    'POST /api/v1/auth/register: request body as application/json /password `minLength` was 8 and is 12',
  ],
  [
    'a member of a request is removed',
    drop(`${REGISTRATION} properties language`),
    'POST /api/v1/auth/register: request body as application/json /language was removed',
  ],
  [
    'a member of a request becomes required',
    add(`${REGISTRATION} required`, 'language'),
    'POST /api/v1/auth/register: request body as application/json /language is now required',
  ],
  [
    'a new member of a request is required',
    all(
      set(`${REGISTRATION} properties birthday`, { type: 'string' }),
      add(`${REGISTRATION} required`, 'birthday'),
    ),
    'POST /api/v1/auth/register: request body as application/json /birthday is now required',
  ],
  [
    'null is no longer taken',
    set('components schemas CategoryInput properties parent_id', {
      type: 'string',
      format: 'uuid',
      maxLength: 36,
    }),
    'POST /api/v1/categories: request body as application/json /parent_id `type` was "null" and is "string"',
  ],
  [
    'a list may be less long',
    set('components schemas Checkout properties cart_item_ids maxItems', 1),
    'POST /api/v1/orders/checkout: request body as application/json /cart_item_ids `maxItems` was 100 and is 1',
  ],
  [
    'items of a list must have another form',
    set('components schemas Checkout properties cart_item_ids items format', 'email'),
    'POST /api/v1/orders/checkout: request body as application/json /cart_item_ids/* `format` was "uuid" and is "email"',
  ],
  [
    'an open object of a request is closed',
    set(`${PROVIDER} ${JSON_BODY} additionalProperties`, false),
    'POST /api/v1/webhooks/payments/{provider}: request body as application/json `additionalProperties` was {} and is false',
  ],
  [
    'members of any name must have a type',
    set(`${PROVIDER} ${JSON_BODY} additionalProperties`, { type: 'string' }),
    'POST /api/v1/webhooks/payments/{provider}: request body as application/json /* `type` was "anything" and is "string"',
  ],
  [
    'a body becomes required',
    set(`${CANCEL} requestBody required`, true),
    'POST /api/v1/orders/{id}/cancel: request body is now required',
  ],
  [
    'a new body is required',
    set(`${LIST} requestBody`, { required: true, content: {} }),
    'GET /api/v1/products: request body is now required',
  ],
  [
    'a body is no longer taken',
    drop(`${CANCEL} requestBody`),
    'POST /api/v1/orders/{id}/cancel: request body was removed',
  ],
  [
    'a body is taken as another type',
    all(
      copy(
        `${UPLOAD} requestBody content multipart/form-data`,
        `${UPLOAD} requestBody content image/png`,
      ),
      drop(`${UPLOAD} requestBody content multipart/form-data`),
    ),
    'POST /api/v1/products/{id}/images: request body as multipart/form-data was removed',
  ],
  [
    'a keyword that the check does not know appears',
    set(`${REGISTRATION} properties first_name not`, { const: 'Maria' }),
    'POST /api/v1/auth/register: request body as application/json /first_name `not` was not set and is {"const":"Maria"}',
  ],
];
