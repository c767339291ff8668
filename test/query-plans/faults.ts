// What is wrong with a plan: whole tables and indexes that it walks through, and more rows read than any page needs.
import { MAX_COUNT } from '../../src/db/paging/paging.ts';
import type { Execution, PlanNode } from './plan-log.ts';

/** A table with more rows is big: it grows with the business. */
export const BIG_ROWS = 5_000;
/** What one scan may read: the last numbered page of a filter that every fourth row passes. */
export const MAX_ROWS_READ = 4 * MAX_COUNT;

/** Rows that a table had when it was analysed; none for anything else. */
export type RowsOf = (relation: string) => number;

export interface Fault {
  readonly relation: string;
  readonly statement: string;
  readonly description: string;
}

/** These hand on no row before they have seen all: a LIMIT above does not shorten what is below. */
const BLOCKING = /^(Sort|Aggregate|Hash|WindowAgg|SetOp|ModifyTable)$/;

export function faultsOf(execution: Execution, rowsOf: RowsOf): readonly Fault[] {
  const statement = execution['Query Text'].replace(/\s+/g, ' ').trim();
  const faults: Fault[] = [];
  const visit = (node: PlanNode, isLimited: boolean): void => {
    // A bitmap index scan names its index only.
    const relation = node['Relation Name'] ?? node['Index Name'];
    const reason = relation && reasonAgainst(node, { isLimited, rows: rowsOf(relation) });
    if (relation && reason)
      faults.push({ relation, statement, description: describe(node, reason) });
    const type = node['Node Type'];
    for (const child of node.Plans ?? [])
      visit(child, type === 'Limit' || (isLimited && !BLOCKING.test(type)));
  };
  visit(execution.Plan, false);
  return faults;
}

function reasonAgainst(
  node: PlanNode,
  { isLimited, rows }: { readonly isLimited: boolean; readonly rows: number },
): string | undefined {
  const read = rowsRead(node);
  const isUnconditional =
    node['Node Type'] === 'Seq Scan' ||
    (/^Index (Only )?Scan$/.test(node['Node Type']) && node['Index Cond'] === undefined);
  if (rows > BIG_ROWS && isUnconditional) {
    if (read >= rows * 0.95) return 'reads all of it';
    // As much as a capped count may; an index of fewer entries is a selection by itself.
    if (!isLimited && read > MAX_COUNT + 1) return 'reads on however few rows are wanted';
  }
  return read > MAX_ROWS_READ ? `reads more than ${MAX_ROWS_READ} rows` : undefined;
}

function describe(node: PlanNode, reason: string): string {
  const scan = [node['Node Type'], node['Relation Name'], node['Index Name']];
  const conditions = [node['Index Cond'], node.Filter, `${rowsRead(node)} rows`];
  const words = [...scan, ...conditions].filter((word) => word !== undefined);
  return `${reason}: ${words.join(', ')}`;
}

function rowsRead(node: PlanNode): number {
  const each =
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round(each * (node['Actual Loops'] ?? 1));
}
