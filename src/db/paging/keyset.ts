// Orderings as SQL text, and which rows sort behind a cursor. Statements that are written out and those of the query
// builder both page by it.

export type CursorValue = string | number | null;

/** One member of an ordering; the last must be unique. */
export interface SortKey {
  /** SQL over the query's tables, without values of its own. */
  readonly expression: string;
  readonly direction: 'asc' | 'desc';
  readonly isNullable?: boolean;
  /** PostgreSQL type of the value, for comparing with a cursor: `timestamptz`, `uuid`, `integer`, `text` … */
  readonly type: string;
}

/** SQL text, or a value to bind in its place. */
export type Fragment = string | { readonly value: CursorValue; readonly type: string };

/** By a moment, ties by id; both are columns of the query that are never null. */
export function newestFirst(moment: string, id: string): readonly SortKey[] {
  return [
    { expression: moment, direction: 'desc', type: 'timestamptz' },
    { expression: id, direction: 'desc', type: 'uuid' },
  ];
}

/** What stands behind ORDER BY for one key. Nulls come last in both directions. */
export function orderTerm({ expression, direction, isNullable }: SortKey): string {
  // Said of a column without nulls, it would keep its index from serving a descending order.
  return `${expression} ${direction}${isNullable === true ? ' NULLS LAST' : ''}`;
}

/** The condition that a row sorts behind `after`, which has a value for each key. */
export function behind(order: readonly SortKey[], after: readonly CursorValue[]): Fragment[] {
  const compared = order.map((key, i) => ({
    key,
    operator: key.direction === 'asc' ? '>' : '<',
    given: { value: after[i] ?? null, type: key.type },
  }));
  const isUniform = compared.every(
    ({ key, operator }) => operator === compared[0]?.operator && key.isNullable !== true,
  );
  if (isUniform) return rowComparison(compared);
  // `a >= 1 AND (a > 1 OR b < 2)`: the first bound is what an index can use.
  const nested = compared.flatMap((one) => [
    ...compare(one, '='),
    ' AND (',
    ...compare(one),
    ' OR ',
  ]);
  return [...nested, 'false', ')'.repeat(compared.length)];
}

interface Compared {
  readonly key: SortKey;
  readonly operator: string;
  readonly given: { readonly value: CursorValue; readonly type: string };
}

/** `(a, b) > (1, 2)`, which an index on both answers. */
function rowComparison(compared: readonly Compared[]): Fragment[] {
  const left = compared.map(({ key }) => key.expression).join(', ');
  const right = compared.flatMap(({ given }, i) => (i === 0 ? [given] : [', ', given]));
  return [`(${left}) ${compared[0]?.operator} (`, ...right, ')'];
}

/** Whether one key is behind its value, or at it too. Nothing is behind a null, and a null is behind every value. */
function compare({ key, operator, given }: Compared, orAt: '=' | '' = ''): Fragment[] {
  const { expression, isNullable } = key;
  if (isNullable !== true) return [`${expression} ${operator}${orAt} `, given];
  if (given.value === null) return [orAt === '=' ? `${expression} IS NULL` : 'false'];
  return [`(${expression} ${operator}${orAt} `, given, ` OR ${expression} IS NULL)`];
}
