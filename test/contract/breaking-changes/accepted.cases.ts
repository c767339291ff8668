// Changes that a released version may see at any time.
import type { Schema } from '../../../scripts/breaking-changes/schemas.ts';
import {
  add,
  all,
  CART,
  copy,
  drop,
  type Edit,
  find,
  JSON_BODY,
  LIST,
  nullable,
  ONE,
  PRODUCT,
  REGISTER,
  REGISTRATION,
  set,
} from './edits.ts';

/** What changes without breaking anybody. */
export const accepted: readonly (readonly [what: string, edit: Edit])[] = [
  ['a new path', copy('paths /api/v1/cart', 'paths /api/v1/basket')],
  ['a new method', copy(CART, 'paths /api/v1/cart put')],
  [
    'another order of paths, members and values',
    (document) => {
      for (const [path, methods] of Object.entries(document.paths).reverse()) {
        drop(`paths ${path}`)(document);
        set(`paths ${path}`, Object.fromEntries(Object.entries(methods).reverse()))(document);
      }
      set(`${PRODUCT} required`, (names: string[]) => names.toReversed())(document);
      set(`${LIST} parameters`, (list: object[]) => list.toReversed())(document);
      set(`${LIST} parameters freshness schema enum`, (list: string[]) => list.toReversed())(
        document,
      );
      set(`${PRODUCT} properties srp anyOf`, (list: object[]) => list.toReversed())(document);
    },
  ],
  [
    'other words and examples',
    all(
      set(`${LIST} summary`, 'Products'),
      set(`${LIST} description`, 'All of them'),
      set(`${PRODUCT} properties name description`, 'Its name'),
      set(`${PRODUCT} properties name examples`, ['Okra']),
      set(`${LIST} tags`, ['Storefront']),
    ),
  ],
  [
    'a new optional parameter',
    add(`${LIST} parameters`, { name: 'city', in: 'query', schema: { type: 'string' } }),
  ],
  [
    'a parameter that need not be sent any more',
    all(
      set(`${LIST} parameters search required`, false),
      set('components parameters RequiredIdempotencyKey required', false),
    ),
  ],
  ['a larger range of numbers', set(`${LIST} parameters PageSize schema maximum`, 200)],
  ['a number without a limit', drop(`${LIST} parameters PageSize schema maximum`)],
  [
    'a whole number that may have places',
    all(
      set(`${LIST} parameters min_days_left schema type`, 'number'),
      drop(`${LIST} parameters min_days_left schema format`),
    ),
  ],
  ['longer text', set(`${REGISTRATION} properties first_name maxLength`, 200)],
  ['shorter text', set(`${REGISTRATION} properties password minLength`, 6)],
  ['text of any form', drop(`${REGISTRATION} properties user_name pattern`)],
  ['text without a format', drop(`${REGISTRATION} properties user_email format`)],
  [
    'another value that a request may choose',
    add('components schemas AdjustmentReason enum', 'GIFT'),
  ],
  ['a choice that becomes free', drop('components schemas AdjustmentReason enum')],
  ['null in a request', set(`${REGISTRATION} properties language`, nullable)],
  [
    'null in a request, as a list of types',
    set(`${REGISTRATION} properties language`, { type: ['string', 'null'] }),
  ],
  [
    'a new optional member of a request',
    set(`${REGISTRATION} properties nickname`, { type: 'string' }),
  ],
  ['a member of a request that is no longer required', drop(`${REGISTRATION} required last_name`)],
  ['a default where there was none', set(`${REGISTRATION} properties language default`, 'en')],
  ['a closed request that opens', drop(`${REGISTRATION} additionalProperties`)],
  ['a body that need not be sent', set(`${REGISTER} requestBody required`, false)],
  ['a new optional body', set(`${LIST} requestBody`, { content: {} })],
  [
    'another type of body',
    copy(
      `${REGISTER} requestBody content application/json`,
      `${REGISTER} requestBody content application/cbor`,
    ),
  ],
  [
    'a new member of an answer',
    all(
      set(`${PRODUCT} properties grade`, { type: 'string' }),
      add(`${PRODUCT} required`, 'grade'),
    ),
  ],
  [
    'a new member of an answer that was closed',
    set('components schemas Problem properties errors items properties hint', { type: 'string' }),
  ],
  [
    'a member of an answer that is now always there',
    add('components schemas Problem required', 'errors'),
  ],
  [
    'a member of an answer that is never null any more',
    set(`${PRODUCT} properties srp`, ({ anyOf }: Schema) => anyOf?.[0]),
  ],
  [
    'a choice in an answer with fewer values',
    drop('components schemas PlaceLevel enum sub_municipality'),
  ],
  ['text in an answer that becomes a choice', set(`${PRODUCT} properties currency enum`, ['PHP'])],
  ['text in an answer that gets a format', set(`${PRODUCT} properties name format`, 'email')],
  [
    'a number in an answer that becomes whole',
    set(`${PRODUCT} properties rating`, nullable({ type: 'integer' })),
  ],
  ['an answer with a default', set(`${PRODUCT} properties name default`, 'Okra')],
  ['a new status', copy(`${REGISTER} responses 201`, `${REGISTER} responses 202`)],
  ['a new refusal', copy(`${LIST} responses 400`, `${LIST} responses 418`)],
  ['a refusal that cannot happen any more', drop(`${LIST} responses 401`)],
  [
    'a code that cannot happen any more',
    drop(`${REGISTER} responses 409 content application/problem+json examples CONFLICT`),
  ],
  [
    'a new code of a refusal',
    set(`${LIST} responses 400 content application/problem+json examples NEW`, {}),
  ],
  [
    'a header of an answer with another form',
    set('components headers Retry-After schema maxLength', 99),
  ],
  ['a new header', copy(`${ONE} responses 200 headers ETag`, `${ONE} responses 200 headers Age`)],
  [
    'another type of answer',
    copy(`${ONE} responses 200 content application/json`, `${ONE} responses 200 content text/csv`),
  ],
  ['a call that needs no token any more', set(`${CART} security`, [{}, { bearer: [] }])],
  ['a call that asks for nothing', set(`${CART} security`, [])],
  ['another proof beside', set(`${CART} security`, [{ bearer: [] }, { key: [] }])],
  ['other words about a proof', set('components securitySchemes bearer description', 'A token')],
  [
    'a deprecation',
    all(
      set(`${LIST} deprecated`, true),
      set(`${LIST} x-sunset`, '2027-09-01T00:00:00.000Z'),
      copy(`${LIST} responses 400`, `${LIST} responses 410`),
      copy(`${ONE} responses 200 headers ETag`, `${LIST} responses 200 headers Deprecation`),
    ),
  ],
  [
    'a schema of another name',
    all(
      copy(REGISTRATION, 'components schemas NewUser'),
      drop(REGISTRATION),
      set(`${REGISTER} ${JSON_BODY}`, { $ref: '#/components/schemas/NewUser' }),
    ),
  ],
  ['a schema in place of its name', copy(REGISTRATION, `${REGISTER} ${JSON_BODY}`)],
  [
    'a name in place of a schema',
    all(
      copy(`${PRODUCT} properties slug`, 'components schemas Slug'),
      set(`${PRODUCT} properties slug`, {
        $ref: '#/components/schemas/Slug',
        description: 'In the address of its page',
      }),
    ),
  ],
  [
    'a parameter in place of its name',
    all(drop(`${LIST} parameters IfNoneMatch`), (document) =>
      add(
        `${LIST} parameters`,
        find(document, 'components parameters IfNoneMatch').holder['IfNoneMatch'],
      )(document),
    ),
  ],
  ['other servers and words about the API', all(set('servers', []), set('info version', '9.9.9'))],
];
