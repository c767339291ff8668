// Pure decisions about the category tree: what lies below what, how products add up, and how the tree is paged.
import type { CursorValue } from '../../../db/paging/keyset.ts';
import type { Page, PageRequest } from '../../../db/paging/paging.ts';

export interface TreeNode {
  readonly id: string;
  readonly parent_id: string | null;
}

/** Whether `id` is `ancestor_id` or lies below it. */
export function isWithin(tree: readonly TreeNode[], id: string, ancestor_id: string): boolean {
  const parents = new Map(tree.map((node) => [node.id, node.parent_id]));
  for (let at: string | null = id; at !== null; at = parents.get(at) ?? null) {
    if (at === ancestor_id) return true;
  }
  return false;
}

/** Adds to each category's own number those of everything below it. */
export function withDescendants(
  tree: readonly TreeNode[],
  own: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const children = Map.groupBy(tree, (node) => node.parent_id);
  const totals = new Map<string, number>();
  const add = (node: TreeNode): number => {
    const below = (children.get(node.id) ?? []).reduce((sum, child) => sum + add(child), 0);
    const total = (own.get(node.id) ?? 0) + below;
    totals.set(node.id, total);
    return total;
  };
  for (const root of children.get(null) ?? []) add(root);
  return totals;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** One page, by name, of rows that are all at hand. */
export function pageByName<Row extends Named>(
  rows: readonly Row[],
  request: PageRequest,
): Page<Row> {
  const sorted = rows.toSorted((a, b) => compareKeys(sortKey(a), sortKey(b)));
  const start = request.kind === 'number' ? (request.page - 1) * request.size : 0;
  const after = request.kind === 'cursor' ? request.after : undefined;
  const rest =
    after === undefined ? sorted : sorted.filter((row) => compareKeys(sortKey(row), after) > 0);
  const shown = rest.slice(start, start + request.size);
  const last = shown.at(-1);
  return {
    rows: shown,
    hasMore: rest.length > start + request.size,
    ...(request.kind === 'number' ? { count: rows.length } : {}),
    ...(last === undefined ? {} : { last: sortKey(last) }),
  };
}

function sortKey({ name, id }: Named): readonly CursorValue[] {
  return [name.toLowerCase(), id];
}

function compareKeys(a: readonly CursorValue[], b: readonly CursorValue[]): number {
  const [left, right] = a[0] === b[0] ? [a[1], b[1]] : [a[0], b[0]];
  return String(left) < String(right) ? -1 : Number(left !== right);
}
