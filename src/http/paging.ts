// The two ways to page: numbers with a count (v1) and signed cursors (v2).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type TObject, type TSchema, Type } from 'typebox';
import type { CursorValue } from '../db/paging/keyset.ts';
import {
  DEFAULT_PAGE_SIZE,
  MAX_COUNT,
  MAX_PAGE_SIZE,
  type Page,
  type PageRequest,
} from '../db/paging/paging.ts';
import type { KeyRing } from '../lib/keys/key-ring.ts';
import { Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import { idOf } from './models.ts';

export const MAX_CURSOR_LENGTH = 1024;

type Query = Readonly<Record<string, unknown>>;

/** How one API version pages; `url` is the absolute address of the request without its query. */
export interface Paging {
  readonly query: TObject;
  view(item: TSchema): TSchema;
  parse(query: Query, url: string): PageRequest;
  answer(
    page: Page<unknown>,
    request: PageRequest,
    address: { url: string; query: Query },
  ): { body: unknown; links: string[] };
}

const PageSize = Type.Integer({
  minimum: 1,
  maximum: MAX_PAGE_SIZE,
  default: DEFAULT_PAGE_SIZE,
  description: 'Rows of a page',
});

/** The examples are lists of one. */
const PageAddress = Type.Union([Type.String({ format: 'uri' }), Type.Null()], {
  examples: [null],
});

/** A page of `Product` is a `ProductPage` in the documents. */
function pageName(item: TSchema): { title?: string } {
  const id = idOf(item);
  return id === undefined ? {} : { title: `${id}Page` };
}

export const numberedPaging: Paging = {
  query: Type.Object({
    page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: 'From 1' }),
    page_size: PageSize,
  }),
  view: (item) =>
    Type.Object(
      {
        count: Type.Integer({ description: `Exact up to ${MAX_COUNT}`, examples: [1] }),
        count_capped: Type.Optional(
          Type.Boolean({ description: 'True where there are more than `count`' }),
        ),
        next: PageAddress,
        previous: PageAddress,
        results: Type.Array(item),
      },
      pageName(item),
    ),
  parse(query, url) {
    const page = Number(query['page']);
    const size = Number(query['page_size']);
    if (page > 1 && (page - 1) * size >= MAX_COUNT) {
      const v2 = url.replace('/api/v1/', '/api/v2/');
      throw new Problem(
        VALIDATION_ERROR,
        `Pages end at row ${MAX_COUNT}; use ${v2} with a cursor for more.`,
        {
          errors: [
            {
              pointer: '/page',
              message: `must stay within the first ${MAX_COUNT} rows`,
              code: 'maximum',
            },
          ],
        },
      );
    }
    return { kind: 'number', page, size };
  },
  answer(page, request, { url, query }) {
    const number = request.kind === 'number' ? request.page : 1;
    const at = (n: number) => `${url}?${search({ ...query, page: n })}`;
    const next = page.hasMore ? at(number + 1) : null;
    const previous = number > 1 ? at(number - 1) : null;
    return {
      body: {
        count: page.count ?? page.rows.length,
        ...(page.isCountCapped ? { count_capped: true } : {}),
        next,
        previous,
        results: page.rows,
      },
      links: [
        ...(next === null ? [] : [`<${next}>; rel="next"`]),
        ...(previous === null ? [] : [`<${previous}>; rel="prev"`]),
      ],
    };
  },
};

/** Cursors carry the sort values of the last row, bound to the list and its filters, and signed. */
export function cursorPaging(secrets: KeyRing<string>): Paging {
  const sign = (secret: string, payload: string) =>
    createHmac('sha256', `cursor:${secret}`).update(payload).digest().subarray(0, 16);

  return {
    query: Type.Object({
      cursor: Type.Optional(
        Type.String({
          maxLength: MAX_CURSOR_LENGTH,
          description: '`next_cursor` of the page before',
        }),
      ),
      limit: PageSize,
    }),
    view: (item) =>
      Type.Object(
        {
          data: Type.Array(item),
          next_cursor: Type.Union([Type.String(), Type.Null()], { examples: [null] }),
          has_more: Type.Boolean({ examples: [false] }),
        },
        pageName(item),
      ),
    parse(query, url) {
      const { cursor } = query;
      const after = typeof cursor === 'string' ? open(cursor, scope(url, query)) : undefined;
      return { kind: 'cursor', size: Number(query['limit']), after };
    },
    answer(page, _request, { url, query }) {
      const next = page.hasMore && page.last ? seal(page.last, scope(url, query)) : null;
      const link = `<${url}?${search({ ...query, cursor: next })}>; rel="next"`;
      return {
        body: { data: page.rows, next_cursor: next, has_more: page.hasMore },
        links: next === null ? [] : [link],
      };
    },
  };

  function seal(values: readonly CursorValue[], listScope: string): string {
    const payload = JSON.stringify(values);
    return Buffer.concat([sign(secrets[0], listScope + payload), Buffer.from(payload)]).toString(
      'base64url',
    );
  }

  function open(cursor: string, listScope: string): CursorValue[] {
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(16).toString();
    const isGenuine =
      bytes.length > 16 &&
      secrets.some((secret) =>
        timingSafeEqual(bytes.subarray(0, 16), sign(secret, listScope + payload)),
      );
    if (!isGenuine) {
      throw new Problem(
        VALIDATION_ERROR,
        'This cursor was not made for this list and these filters.',
        {
          errors: [
            {
              pointer: '/cursor',
              message: 'must be the next_cursor of the same list',
              code: 'cursor',
            },
          ],
        },
      );
    }
    return JSON.parse(payload) as CursorValue[];
  }
}

/** What a cursor is bound to: the address and every filter, but not the page size. */
function scope(url: string, query: Query): string {
  const { cursor: _cursor, limit: _limit, ...filters } = query;
  const path = new URL(url).pathname;
  return `${path}?${JSON.stringify(Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) parameters.set(name, String(value));
  }
  return parameters.toString();
}
