// Pages of a query: by number with a capped count (v1), or after a cursor (v2). One ordering serves both.
import {
  type AliasedExpression,
  type CompiledQuery,
  type Expression,
  type ExpressionBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Db } from './database.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** Beyond this many rows a count costs more than the page, so it stops. */
export const MAX_COUNT = 10_000;

export type CursorValue = string | number | null;

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

/** One member of an ordering; the last must be unique. `expression` is SQL over the query's tables. */
export interface SortKey {
  readonly expression: Expression<unknown>;
  readonly direction: 'asc' | 'desc';
  readonly isNullable?: boolean;
  /** PostgreSQL type of the value, for comparing with a cursor: `timestamptz`, `uuid`, `integer`, `text` … */
  readonly type: string;
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
  const sorts = order.map((key, i) => sql<CursorValue>`(${key.expression})::text`.as(`sort_${i}`));
  const ordered = inOrder(query.select(sorts), order);
  if (page.kind === 'number') return numberedPage(db, query, { ordered, order, page });
  const from =
    page.after === undefined
      ? ordered
      : ordered.where((eb) => isAfter(eb, order, page.after ?? []));
  const found = await run<Row>(db, from.limit(page.size + 1).compile());
  const rows = found.slice(0, page.size);
  return { rows, hasMore: found.length > page.size, ...lastOf(rows, order) };
}

type Found<Row> = Row & Readonly<Record<string, CursorValue>>;
type NumberPage = Extract<PageRequest, { kind: 'number' }>;

async function run<Row>(db: Db, query: CompiledQuery): Promise<readonly Found<Row>[]> {
  return (await db.executeQuery<Found<Row>>(query)).rows;
}

function lastOf<Row>(rows: readonly Found<Row>[], order: readonly SortKey[]) {
  const last = rows.at(-1);
  return last === undefined ? {} : { last: order.map((_, i) => last[`sort_${i}`] ?? null) };
}

/** The count comes with the rows; only a page without any needs a statement more to learn it. */
async function numberedPage<DB, TB extends keyof DB, Row>(
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
  const count = Number(rows[0]?.['page_total'] ?? beyond);
  return {
    rows,
    // What lies beyond the cap has no page number.
    hasMore: page.page * page.size < Math.min(count, MAX_COUNT),
    count: Math.min(count, MAX_COUNT),
    isCountCapped: count > MAX_COUNT,
    ...lastOf(rows, order),
  };
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
  const unique = order.at(-1)?.expression ?? sql`NULL`;
  const keys = inOrder(query.clearSelect().select(sql`${unique}`.as('key')), order);
  // As an array the planner knows that they are few.
  return sql<SqlBool>`${unique} = ANY (ARRAY(${keys.limit(size).offset((page - 1) * size)}))`;
}

function inOrder<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  order: readonly SortKey[],
): SelectQueryBuilder<DB, TB, Row> {
  return order.reduce(
    (q, key) =>
      q.orderBy(key.expression as Expression<never>, (ob) => {
        const directed = key.direction === 'asc' ? ob.asc() : ob.desc();
        // Said of a column without nulls, it would keep its index from serving a descending order.
        return key.isNullable === true ? directed.nullsLast() : directed;
      }),
    query,
  );
}

/** Rows that sort behind the cursor. Where all keys agree in direction and none is null, one row comparison that an index answers. */
function isAfter<DB, TB extends keyof DB>(
  eb: ExpressionBuilder<DB, TB>,
  order: readonly SortKey[],
  after: readonly CursorValue[],
): Expression<SqlBool> {
  const uniform = order.every(
    (key) => key.direction === order[0]?.direction && key.isNullable !== true,
  );
  if (uniform) {
    const left = sql.join(order.map((key) => key.expression));
    const right = sql.join(order.map((key, i) => typed(after[i] ?? null, key)));
    return order[0]?.direction === 'asc'
      ? sql<SqlBool>`(${left}) > (${right})`
      : sql<SqlBool>`(${left}) < (${right})`;
  }
  const branches = order.map((key, i) => {
    const equals = order
      .slice(0, i)
      .map(
        (k, j) => sql<SqlBool>`${k.expression} IS NOT DISTINCT FROM ${typed(after[j] ?? null, k)}`,
      );
    return eb.and([...equals, isBehind(key, after[i] ?? null)]);
  });
  return eb.or(branches);
}

/** Nulls sort last in both directions, so nothing is behind a null and a null is behind every value. */
function isBehind(key: SortKey, value: CursorValue): Expression<SqlBool> {
  if (value === null) return sql<SqlBool>`false`;
  const compared =
    key.direction === 'asc'
      ? sql<SqlBool>`${key.expression} > ${typed(value, key)}`
      : sql<SqlBool>`${key.expression} < ${typed(value, key)}`;
  return key.isNullable === true
    ? sql<SqlBool>`(${compared} OR ${key.expression} IS NULL)`
    : compared;
}

function typed(value: CursorValue, key: SortKey): Expression<unknown> {
  return sql`${value}::${sql.raw(key.type)}`;
}

/** The same page with every row seen through `view`. */
export function mapPage<Row, View>(page: Page<Row>, view: (row: Row) => View): Page<View> {
  return { ...page, rows: page.rows.map(view) };
}
