// What is measured: each work with its requests, the floor that it is held against and the ratio to reach.
import { randomInt, randomUUID } from 'node:crypto';
import type { BenchRequest } from '../load/load.ts';
import type { Market } from '../setup/market.ts';

export type FloorKind = 'static' | 'statements' | 'password' | 'transaction';

export interface Work {
  readonly name: string;
  readonly title: string;
  readonly floor: FloorKind;
  /** Of the floor's requests per second; absent where none is set. */
  readonly target?: number;
  /** Statements that one request may send at most; absent where none is set. */
  readonly max_statements?: number;
  readonly connections: number;
  /** Settings of the API that differ for this work. */
  readonly env?: Readonly<Record<string, string>>;
  /** Makes the n-th request, from 0. */
  readonly request: (market: Market, n: number) => BenchRequest;
}

const READERS = 32;
const WRITERS = 16;
/** Few: passwords are checked two at a time, and each takes a while. */
const SIGNERS = 4;
const LIST_STATEMENTS = 2;
const CHECKOUT_STATEMENTS = 12;
const V1 = '/api/v1';
const V2 = '/api/v2';

/** Words that products are found by: names, a synonym, a misspelling. */
const SEARCHES = ['kamatis', 'tomato', 'bitter gourd', 'ampalaia', 'talong', 'mangga', 'repolyo'];

export const WORKS: readonly Work[] = [
  {
    name: 'list',
    title: 'list, cached',
    floor: 'static',
    target: 0.5,
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: () => get(`${V1}/products`),
  },
  {
    name: 'list-uncached',
    title: 'list, each its own filter',
    floor: 'statements',
    target: 0.7,
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: () => get(`${V1}/products?${anyPrice()}`),
  },
  {
    name: 'filtered',
    title: 'list of a category by price',
    floor: 'statements',
    target: 0.7,
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: ({ category_slugs }, n) =>
      get(
        `${V1}/products?category=${at(category_slugs, n)}&in_stock=true&ordering=price&${anyPrice()}`,
      ),
  },
  {
    name: 'search',
    title: 'search',
    floor: 'statements',
    target: 0.7,
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: (_market, n) =>
      get(`${V1}/products?search=${encodeURIComponent(at(SEARCHES, n))}&${anyPrice()}`),
  },
  {
    name: 'v2-list',
    title: 'list of v2, each its own filter',
    floor: 'statements',
    target: 0.7,
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: () => get(`${V2}/products?${anyPrice()}`),
  },
  {
    name: 'detail-cached',
    title: 'detail, cached',
    floor: 'static',
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: ({ product_ids }) => get(`${V1}/products/${at(product_ids, 0)}`),
  },
  {
    name: 'detail',
    title: 'detail, uncached',
    floor: 'statements',
    target: 0.7,
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    env: { CACHE: 'off' },
    request: ({ product_ids }, n) => get(`${V1}/products/${at(product_ids, n)}`),
  },
  {
    name: 'cart',
    title: 'cart of three lines',
    floor: 'statements',
    max_statements: LIST_STATEMENTS,
    connections: READERS,
    request: ({ customers }, n) => get(`${V1}/cart`, bearer(at(customers, n).token)),
  },
  {
    name: 'sign-in',
    title: 'sign-in',
    floor: 'password',
    connections: SIGNERS,
    request: ({ customers, password }, n) =>
      post(`${V1}/auth/login`, { user_email: at(customers, n).user_email, password }),
  },
  {
    name: 'checkout',
    title: 'checkout of three lines',
    floor: 'transaction',
    target: 0.5,
    max_statements: CHECKOUT_STATEMENTS,
    connections: WRITERS,
    request: ({ customers }, n) => {
      const { token, address_id } = at(customers, n);
      const headers = { ...bearer(token), 'idempotency-key': randomUUID() };
      return post(`${V1}/orders/checkout`, { address_id, payment_method: 'COD' }, headers);
    },
  },
];

const MIN_CENTAVOS = 50_000_00;
const MAX_CENTAVOS = 999_999_99;
const CENTAVOS = 100;

/** A bound above every price, hardly ever the same twice: another filter that leaves the answer as it is. */
export function anyPrice(): string {
  return `price_max=${(randomInt(MIN_CENTAVOS, MAX_CENTAVOS) / CENTAVOS).toFixed(2)}`;
}

/** The n-th of a list that begins anew at its end. */
function at<T>(list: readonly T[], n: number): T {
  const found = list[n % list.length];
  if (found === undefined) throw new RangeError('nothing to ask for: the list is empty');
  return found;
}

export function get(path: string, headers: Readonly<Record<string, string>> = {}): BenchRequest {
  return { method: 'GET', path, headers };
}

function post(
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): BenchRequest {
  const sent = { ...headers, 'content-type': 'application/json' };
  return { method: 'POST', path, headers: sent, body: JSON.stringify(body) };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
