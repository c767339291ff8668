// Pages of a query: by number with a capped count (v1), or after a cursor (v2). One ordering serves both.
import {
  type Expression,
  type ExpressionBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Db } from './database.ts';

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
 * Fetches one page of `query` in at most two statements.
 * `query` selects what a row needs and carries every filter, but no ordering and no limit.
 */
export async function fetchPage<DB, TB extends keyof DB, Row>(
  db: Db,
  query: SelectQueryBuilder<DB, TB, Row>,
  options: { readonly order: readonly SortKey[]; readonly page: PageRequest },
): Promise<Page<Row>> {
  const { order, page } = options;
  const ordered = order.reduce(
    (q, key) =>
      q.orderBy(key.expression as Expression<never>, (ob) => {
        const directed = key.direction === 'asc' ? ob.asc() : ob.desc();
        // Said of a column without nulls, it would keep its index from serving a descending order.
        return key.isNullable === true ? directed.nullsLast() : directed;
      }),
    query.select(
      order.map((key, i) => sql<CursorValue>`(${key.expression})::text`.as(`sort_${i}`)),
    ),
  );
  const after = page.kind === 'cursor' ? page.after : undefined;
  const from = after === undefined ? ordered : ordered.where((eb) => isAfter(eb, order, after));
  const window =
    page.kind === 'number'
      ? from.limit(page.size).offset((page.page - 1) * page.size)
      : from.limit(page.size + 1);
  const found = (await db.executeQuery<Row & Record<string, CursorValue>>(window.compile())).rows;
  const rows = found.slice(0, page.size);
  const lastRow = rows.at(-1);
  const last =
    lastRow === undefined ? undefined : order.map((_, i) => lastRow[`sort_${i}`] ?? null);
  if (page.kind === 'cursor') {
    return { rows, hasMore: found.length > page.size, ...(last === undefined ? {} : { last }) };
  }
  const count = await countOf(db, query, { page, found: rows.length });
  return {
    rows,
    // What lies beyond the cap has no page number.
    hasMore: page.page * page.size < Math.min(count, MAX_COUNT),
    count: Math.min(count, MAX_COUNT),
    isCountCapped: count > MAX_COUNT,
    ...(last === undefined ? {} : { last }),
  };
}

/** A short page tells its own count; otherwise one statement counts, up to the cap and one more. */
async function countOf<DB, TB extends keyof DB, Row>(
  db: Db,
  query: SelectQueryBuilder<DB, TB, Row>,
  shown: { page: { page: number; size: number }; found: number },
): Promise<number> {
  const { page, found } = shown;
  if (found < page.size && (found > 0 || page.page === 1))
    return (page.page - 1) * page.size + found;
  const capped = query
    .clearSelect()
    .select(sql<number>`1`.as('one'))
    .limit(MAX_COUNT + 1)
    .compile();
  const counted = await db.executeQuery<{ count: number }>({
    ...capped,
    sql: `select count(*) as count from (${capped.sql}) as capped`,
  });
  return counted.rows[0]?.count ?? 0;
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
