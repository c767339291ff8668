import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe } from '../../../test/support/probe.ts';
import {
  Closed,
  Description,
  Id,
  IdParams,
  Line,
  Model,
  Moment,
  Nullable,
  OneOf,
  Patch,
  PositiveQuantity,
  Price,
  Text,
} from '../../lib/schema.ts';
import { ANYONE } from '../access.ts';
import { route } from '../route.ts';

const Basket = Model(
  'ProbeBasket',
  Closed({
    name: Line(10),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
    is_open: Type.Optional(Type.Boolean()),
    unit: Type.Optional(OneOf('Unit', ['kg', 'piece'])),
    price: Type.Optional(Price),
    srp: Type.Optional(Type.String({ ...Price, description: 'Suggested retail price' })),
    quantity: Type.Optional(PositiveQuantity),
    at: Type.Optional(Moment),
    product_id: Type.Optional(Id),
    'a/b~c': Type.Optional(Type.Integer()),
    notes: Type.Optional(Text(12)),
    about: Type.Optional(Nullable(Description(12))),
    items: Type.Optional(Type.Array(Closed({ id: Id }), { maxItems: 2 })),
  }),
  { name: 'Kamatis' },
);

const common = {
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  status: 200,
  returns: Type.Object({ got: Type.String() }),
};
const routes = [
  route({
    ...common,
    method: 'POST',
    path: '/baskets',
    body: Basket,
    handle: async (_ctx, { body }) => ({ got: JSON.stringify(body) }),
  }),
  route({
    ...common,
    method: 'PATCH',
    path: '/baskets',
    body: Patch(Basket),
    handle: async (_ctx, { body }) => ({ got: JSON.stringify(body) }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/baskets',
    query: Type.Object({
      count: Type.Optional(Type.Integer({ maximum: 9 })),
      is_open: Type.Optional(Type.Boolean()),
      search: Type.Optional(Line(10)),
      size: Type.Integer({ default: 20 }),
    }),
    handle: async (_ctx, { query }) => ({ got: JSON.stringify(query) }),
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/baskets/:id',
    params: IdParams,
    handle: async () => ({ got: 'deleted' }),
  }),
];
const ID = '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11';

let probe: Probe;

beforeAll(async () => {
  probe = await createProbe({ routes });
});
afterAll(() => probe.close());

describe('a body', () => {
  const post = (body: unknown) => probe.call({ method: 'POST', path: '/baskets', body });

  it('that fits comes through unchanged, nothing coerced and nothing added', async () => {
    const body = {
      name: 'Kamatis',
      count: 1,
      is_open: true,
      unit: 'kg',
      price: '50',
      quantity: '0.5',
      at: '2026-03-01T06:00:00+08:00',
      items: [{ id: ID }],
    };
    const answer = await post(body);
    expect([answer.statusCode, JSON.parse(answer.json().got)]).toEqual([200, body]);
  });

  it.each([
    [
      'an unknown member',
      { name: 'a', is_admin: true },
      '/is_admin',
      'is not known here; known are name, count, is_open, unit, price, srp, quantity, at, product_id, a/b~c, notes, about, items',
    ],
    [
      'a misspelt member',
      { name: 'a', quantiti: '1' },
      '/quantiti',
      'is not known here: did you mean quantity? Known are name, count, is_open, unit, price, srp, quantity, at, product_id, a/b~c, notes, about, items',
    ],
    [
      'an unknown member further down',
      { name: 'a', items: [{ id: ID, price: 1 }] },
      '/items/0/price',
      'is not known here; known is id',
    ],
    ['a missing member', {}, '/name', 'is required'],
    [
      '"1" for 1',
      { name: 'a', count: '1' },
      '/count',
      'must be a whole number: send 1 instead of "1"',
    ],
    ['1.5 for a whole number', { name: 'a', count: 1.5 }, '/count', 'must be a whole number'],
    [
      '"true" for true',
      { name: 'a', is_open: 'true' },
      '/is_open',
      'must be true or false: send true instead of "true"',
    ],
    ['1 for true', { name: 'a', is_open: 1 }, '/is_open', 'must be true or false'],
    ['a number for a text', { name: 5 }, '/name', 'must be a string: send "5" instead of 5'],
    [
      'a number for a quantity',
      { name: 'a', quantity: 1.5 },
      '/quantity',
      'must be a string: send "1.5" instead of 1.5',
    ],
    [
      'a number that is no quantity',
      { name: 'a', quantity: -1 },
      '/quantity',
      'must be a string, such as "2.5"',
    ],
    ['null for a text', { name: null }, '/name', 'must be a string'],
    ['a list for a text', { name: ['a'] }, '/name', 'must be a string'],
    ['an object for a list', { name: 'a', items: { 0: { id: ID } } }, '/items', 'must be a list'],
    [
      'a float for money',
      { name: 'a', price: 50.5 },
      '/price',
      'must be a string: send "50.5" instead of 50.5',
    ],
    ['a blank text', { name: ' \t ' }, '/name', 'must not be blank'],
    ['a blank text of Unicode', { name: '\u3000\u00a0' }, '/name', 'must not be blank'],
    [
      'a line break in a name',
      { name: 'a\nb' },
      '/name',
      'must be one line without control characters',
    ],
    [
      'a direction override',
      { name: 'a\u202eb' },
      '/name',
      'must not hold invisible characters or ones that turn the direction of writing',
    ],
    [
      'a control character in a text that may be null',
      { name: 'a', about: 'a\u0007' },
      '/about',
      'must not hold control characters',
    ],
    ['a blank note', { name: 'a', notes: '\n\t' }, '/notes', 'must not be blank'],
    [
      'a name too long once composed',
      { name: `\u0958${'e'.repeat(9)}` },
      '/name',
      'must have at most 10 characters',
    ],
    ['a number out of range', { name: 'a', count: 10 }, '/count', 'must be at most 9'],
    [
      'a value that is not one of a few',
      { name: 'a', unit: 'KG' },
      '/unit',
      'must be one of kg, piece',
    ],
    [
      'a price of nothing',
      { name: 'a', price: '0.00' },
      '/price',
      'must be 0.01 to 999999.99, up to two places',
    ],
    [
      'a price with three places',
      { name: 'a', price: '1.005' },
      '/price',
      'must be 0.01 to 999999.99, up to two places',
    ],
    [
      'a price with a meaning of its own',
      { name: 'a', srp: 'dear' },
      '/srp',
      'must be 0.01 to 999999.99, up to two places',
    ],
    [
      'a price with an exponent',
      { name: 'a', price: '1e3' },
      '/price',
      'must be 0.01 to 999999.99, up to two places',
    ],
    [
      'a quantity of nothing',
      { name: 'a', quantity: '0' },
      '/quantity',
      "must be 0.001 to 99999.999 in the product's unit",
    ],
    [
      'a time without an offset',
      { name: 'a', at: '2026-03-01T06:00:00' },
      '/at',
      'must be RFC 3339 with an offset',
    ],
    ['an id that is none', { name: 'a', product_id: 'x' }, '/product_id', 'must be a UUID'],
    [
      'an id with a prefix that PostgreSQL cannot read',
      { name: 'a', product_id: `urn:uuid:${ID}` },
      '/product_id',
      'must be a UUID',
    ],
    [
      'a fault at a name with / and ~',
      { name: 'a', 'a/b~c': 'x' },
      '/a~1b~0c',
      'must be a whole number',
    ],
  ])(
    'with %s is refused at its pointer, in words that say what would do',
    async (_what, body, pointer, message) => {
      const answer = await post(body);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
      expect(answer.json().errors).toContainEqual({ pointer, message, code: expect.any(String) });
      expect(answer.json().detail).toBe(
        `body${answer.json().errors[0].pointer} ${answer.json().errors[0].message}.`,
      );
    },
  );

  it('holds what people type in its normal form, whose length counts', async () => {
    const name = ` ${'n\u0303'.repeat(10)}\u3000`;
    const answer = await post({ name, notes: 'one\r\ntwo\n', about: null });
    expect(JSON.parse(answer.json().got)).toEqual({
      name: 'ñ'.repeat(10),
      notes: 'one\ntwo',
      about: null,
    });
  });

  it('lists all faults at once, but no more than twenty', async () => {
    const few = await post({ name: 5, count: 'x', unit: 'ton', extra: 1 });
    expect(
      few
        .json()
        .errors.map((error: { pointer: string }) => error.pointer)
        .sort(),
    ).toEqual(['/count', '/extra', '/name', '/unit']);
    const many = await post(
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, i])),
    );
    expect(many.json().errors).toHaveLength(20);
  });

  it.each([{}, undefined])('of a change that changes nothing (%j) is refused', async (body) => {
    const answer = await probe.call({ method: 'PATCH', path: '/baskets', body });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
  });
});

describe('a query', () => {
  const get = (query: string) => probe.call({ path: `/baskets?${query}` });

  it('is read into the types of its parameters, defaults included', async () => {
    const answer = await get('count=7&is_open=true&search=%20a%20%20b');
    expect(JSON.parse(answer.json().got)).toEqual({
      count: 7,
      is_open: true,
      search: 'a b',
      size: 20,
    });
  });

  it.each([
    ['an unknown parameter', 'page_siez=5', '/page_siez'],
    ['a parameter given twice', 'count=1&count=2', '/count'],
    ['the same value given twice', 'count=1&count=1', '/count'],
    ['a parameter in brackets', 'count[]=1', '/count[]'],
    ['__proto__', '__proto__=1', '/__proto__'],
    ['constructor', 'constructor=1', '/constructor'],
    ['an empty number', 'count=', '/count'],
    ['a word for a number', 'count=many', '/count'],
    ['a fraction for a whole number', 'count=1.5', '/count'],
    ['a number too large', 'count=99999999999999999999', '/count'],
    ['yes for true', 'is_open=yes', '/is_open'],
    ['a blank search', 'search=%20', '/search'],
    ['a search with a control character', 'search=a%07b', '/search'],
    ['a search too long', 'search=abcdefghijk', '/search'],
  ])('with %s is refused', async (_what, query, pointer) => {
    const answer = await get(query);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
    expect(answer.json().errors[0].pointer).toBe(pointer);
    expect(answer.json().detail).toMatch(/^query\//);
  });

  it('on a route that has none is refused', async () => {
    const answer = await probe.call({ method: 'DELETE', path: `/baskets/${ID}?dry_run=1` });
    expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([400, '/dry_run']);
  });
});
