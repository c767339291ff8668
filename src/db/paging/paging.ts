// Pages of a query: by number with a capped count (v1), or after a cursor (v2). One ordering serves both.
import {
  type AliasedExpression,
  type CompiledQuery,
  type Expression,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Db } from '../database.ts';
import { behind, type CursorValue, orderTerm, type SortKey } from './keyset.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** Beyond this many rows a count costs more than the page, so it stops. */
export const MAX_COUNT = 10_000;

export type PageRequest =
  | { readonly kind: 'number'; readonly page: number; readonly size: number }
  | {
      readonly kind: 'cursor';
      readonly after?: readonly CursorValue[] | undefined;
      readonly size: number;
    };

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  /** Only for numbered pages: exact up to MAX_COUNT. */
  readonly count?: number;
  readonly isCountCapped?: boolean;
  /** Sort values of the last row; where the next page begins. */
  readonly last?: readonly CursorValue[];
}

/**
 * Fetches one page of `query` in one statement; an empty page behind the last takes two.
 * `query` selects what a row needs and carries every filter, but no ordering and no limit.
 */
export async function fetchPage<DB, TB extends keyof DB, Row>(
  db: Db,
  query: SelectQueryBuilder<DB, TB, Row>,
  options: { readonly order: readonly SortKey[]; readonly page: PageRequest },
): Promise<Page<Row>> {
  const { order, page } = options;
  const sorts = order.map((key, i) =>
    sql<CursorValue>`(${sql.raw(key.expression)})::text`.as(`sort_${i}`),
  );
  const ordered = inOrder(query.select(sorts), order);
  if (page.kind === 'number') return fetchNumbered(db, query, { ordered, order, page });
  const from = page.after === undefined ? ordered : ordered.where(isBehind(order, page.after));
  return cursorPage(await run<Row>(db, from.limit(page.size + 1).compile()), order, page);
}

/** A row with the sort values that the next page begins behind, as text. */
type Found<Row> = Row & { readonly [sort: `sort_${number}`]: CursorValue };
export type NumberPage = Extract<PageRequest, { kind: 'number' }>;
export type CursorPage = Extract<PageRequest, { kind: 'cursor' }>;

/** `found` has one row more than the page where another page follows. */
export function cursorPage<Row>(
  found: readonly Found<Row>[],
  order: readonly SortKey[],
  { size }: CursorPage,
): Page<Row> {
  const rows = found.slice(0, size);
  return { rows, hasMore: found.length > size, ...lastOf(rows, order) };
}

/** `total` has been counted up to one more than MAX_COUNT. */
export function numberedPage<Row>(
  rows: readonly Row[],
  total: number,
  { page, size }: NumberPage,
): Page<Row> {
  const count = Math.min(total, MAX_COUNT);
  // What lies beyond the cap has no page number.
  return { rows, hasMore: page * size < count, count, isCountCapped: total > MAX_COUNT };
}

async function run<Row>(db: Db, query: CompiledQuery): Promise<readonly Found<Row>[]> {
  return (await db.executeQuery<Found<Row>>(query)).rows;
}

function lastOf<Row>(rows: readonly Found<Row>[], order: readonly SortKey[]) {
  const last = rows.at(-1);
  return last === undefined ? {} : { last: order.map((_, i) => last[`sort_${i}`] ?? null) };
}

/** The count comes with the rows; only a page without any needs a statement more to learn it. */
async function fetchNumbered<DB, TB extends keyof DB, Row>(
  db: Db,
  query: SelectQueryBuilder<DB, TB, Row>,
  selected: {
    readonly ordered: SelectQueryBuilder<DB, TB, Row>;
    readonly order: readonly SortKey[];
    readonly page: NumberPage;
  },
): Promise<Page<Row>> {
  const { ordered, order, page } = selected;
  const capped = query
    .clearSelect()
    .select(sql`1`.as('one'))
    .limit(MAX_COUNT + 1);
  const total = sql<number>`(SELECT count(*) FROM (${capped}) AS capped)`.as('page_total');
  const counted = ordered.select(total);
  const rows = await run<Row>(
    db,
    (page.page === 1
      ? counted.limit(page.size)
      : counted.where(isOnPage(query, order, page))
    ).compile(),
  );
  const beyond = rows.length > 0 || page.page === 1 ? 0 : await countAlone(db, total);
  const counts: Readonly<Record<string, unknown>> = rows[0] ?? {};
  const count = Number(counts['page_total'] ?? beyond);
  return { ...numberedPage(rows, count, page), ...lastOf(rows, order) };
}

async function countAlone(db: Db, total: AliasedExpression<number, 'page_total'>): Promise<number> {
  const row = await db.selectNoFrom(total).executeTakeFirst();
  return row?.page_total ?? 0;
}

/** Keys alone are counted off up to the page: a row that is skipped is never built. */
function isOnPage<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: readonly SortKey[],
  { page, size }: NumberPage,
): Expression<SqlBool> {
  const unique = sql.raw(order.at(-1)?.expression ?? 'NULL');
  const keys = inOrder(query.clearSelect().select(sql`${unique}`.as('key')), order);
  // As an array the planner knows that they are few.
  return sql<SqlBool>`${unique} = ANY (ARRAY(${keys.limit(size).offset((page - 1) * size)}))`;
}

function inOrder<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: readonly SortKey[],
): SelectQueryBuilder<DB, TB, Row> {
  return order.reduce((q, key) => q.orderBy(sql.raw(orderTerm(key))), query);
}

function isBehind(order: readonly SortKey[], after: readonly CursorValue[]): Expression<SqlBool> {
  const parts = behind(order, after).map((part) =>
    typeof part === 'string' ? sql.raw(part) : sql`${part.value}::${sql.raw(part.type)}`,
  );
  return sql<SqlBool>`(${sql.join(parts, sql.raw(''))})`;
}

/** The same page with every row seen through `view`. */
export function mapPage<Row, View>(page: Page<Row>, view: (row: Row) => View): Page<View> {
  return { ...page, rows: page.rows.map(view) };
}
