// A page of any selection of products in one statement, by number with its count or after a cursor.
import { CompiledQuery } from 'kysely';
import { type Db, runNamed } from '../../../db/database.ts';
import { behind, type CursorValue, orderTerm, type SortKey } from '../../../db/paging/keyset.ts';
import {
  type CursorPage,
  cursorPage,
  DEFAULT_PAGE_SIZE,
  MAX_COUNT,
  type NumberPage,
  numberedPage,
  type Page,
  type PageRequest,
} from '../../../db/paging/paging.ts';
import { COLUMNS, JOINS, type ProductRow } from './product-rows.queries.ts';

/** Which products, in which order: SQL over anything called `l` that has a `product_id` and what the rest refers to. */
export interface ProductSelection {
  /** Prepares the statement for its most common pages; one name belongs to one selection without values. */
  readonly name?: string;
  /** Common table expressions that `from` uses. */
  readonly with?: string;
  readonly from: string;
  readonly where: readonly string[];
  readonly order: readonly SortKey[];
  /** A subquery for the number of matches, where that is kept; otherwise they are counted, up to the cap. */
  readonly total?: string;
  /** Of the placeholders above, in order. */
  readonly values: readonly unknown[];
}

/** Of a numbered page without rows, one that has its total alone. */
type FoundRow = ProductRow & { readonly total?: number } & Readonly<
    Record<`sort_${number}`, string>
  >;

/** One page of a selection; of a numbered one the capped count too. */
export async function fetchProductPage(
  db: Db,
  selection: ProductSelection,
  page: PageRequest,
): Promise<Page<ProductRow>> {
  const { text, values } =
    page.kind === 'number' ? numberedStatement(selection, page) : cursorStatement(selection, page);
  const name = preparedName(selection, page);
  const found =
    name === undefined
      ? (await db.executeQuery<FoundRow>(CompiledQuery.raw(text, values))).rows
      : await runNamed<FoundRow>(db, name, text, values);
  if (page.kind === 'cursor') return cursorPage(found, selection.order, page);
  const rows = found.filter((row) => row.id !== null);
  return numberedPage<ProductRow>(rows, found[0]?.total ?? 0, page);
}

interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

function numberedStatement(selection: ProductSelection, { page, size }: NumberPage): Statement {
  const matches = `FROM ${selection.from} ${whereAll(selection.where)}`;
  const counted = `(SELECT count(*) FROM (SELECT ${matches} LIMIT ${MAX_COUNT + 1}) counted)`;
  const text = `${selection.with ?? ''}
    SELECT t.total, ${COLUMNS}
    FROM (SELECT (${selection.total ?? counted})::integer AS total) t
    LEFT JOIN (${keysOf(selection.order, matches)} LIMIT ${size} OFFSET ${(page - 1) * size}) k ON true
    ${JOINS} ORDER BY ${selection.order.map((key, i) => `k.sort_${i} ${key.direction}`).join(', ')}`;
  return { text, values: [...selection.values] };
}

function cursorStatement(selection: ProductSelection, { after, size }: CursorPage): Statement {
  const { from, order } = selection;
  const values = [...selection.values];
  const where =
    after === undefined ? selection.where : [...selection.where, isBehind(order, after, values)];
  const text = `${selection.with ?? ''}
    SELECT ${order.map((_, i) => `k.sort_${i}::text`).join(', ')}, ${COLUMNS}
    FROM (${keysOf(order, `FROM ${from} ${whereAll(where)}`)} LIMIT ${size + 1}) k
    ${JOINS} ORDER BY ${order.map((key, i) => `k.sort_${i} ${key.direction}`).join(', ')}`;
  return { text, values };
}

/** Ids and sort values of the matches in order, without a limit yet: an index may hold all of it. */
function keysOf(order: readonly SortKey[], matches: string): string {
  const sorts = order.map((key, i) => `${key.expression} AS sort_${i}`).join(', ');
  return `SELECT l.product_id, ${sorts} ${matches} ORDER BY ${order.map(orderTerm).join(', ')}`;
}

/** Only texts that hold no page number, filter or odd size: each name costs every connection a plan. */
function preparedName({ name }: ProductSelection, page: PageRequest): string | undefined {
  if (name === undefined || page.size !== DEFAULT_PAGE_SIZE) return undefined;
  if (page.kind === 'cursor') return page.after === undefined ? `${name}_start` : `${name}_after`;
  return page.page === 1 ? `${name}_first` : undefined;
}

function whereAll(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** Rows that sort behind the cursor; adds the cursor's values. */
function isBehind(
  order: readonly SortKey[],
  after: readonly CursorValue[],
  values: unknown[],
): string {
  return behind(order, after)
    .map((part) => (typeof part === 'string' ? part : `$${values.push(part.value)}::${part.type}`))
    .join('');
}
