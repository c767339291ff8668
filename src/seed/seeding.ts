// What every step of seeding works with: one transaction, one moment, one source of chance.
import type { DbTransaction } from '../db/database.ts';
import type { RowsByTable } from '../db/insert-together.ts';
import { DAY_MS, plusMs } from '../lib/time.ts';
import type { Random } from './random.ts';

export interface SizePlan {
  readonly products: number;
  /** Verified ones, who share out the products. */
  readonly sellers: number;
  readonly customers: number;
  readonly orders: number;
  /** Products that orders draw on; all others are stocked, but were never sold. */
  readonly sold_products: number;
}

export const SIZES = {
  small: { products: 200, sellers: 10, customers: 60, orders: 300, sold_products: 200 },
  medium: {
    products: 10_000,
    sellers: 400,
    customers: 1_500,
    orders: 5_000,
    sold_products: 5_000,
  },
  large: {
    products: 1_000_000,
    sellers: 10_000,
    customers: 30_000,
    orders: 100_000,
    sold_products: 50_000,
  },
} as const satisfies Record<string, SizePlan>;

export type Size = keyof typeof SIZES;

export interface Progress {
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

export interface Seeding {
  readonly db: DbTransaction;
  /** Today: all other times are before it or, for promos and expiries, around it. */
  readonly now: Date;
  readonly random: Random;
  readonly plan: SizePlan;
  readonly write: (rows: RowsByTable) => Promise<void>;
  /** Rows written so far, by table. */
  readonly written: Readonly<Record<string, number>>;
  readonly report: (step: Progress) => void;
}

export function daysAgo({ now }: Seeding, days: number): Date {
  return plusMs(now, -days * DAY_MS);
}

export function latest(moments: readonly Date[]): Date {
  return new Date(Math.max(...moments.map((moment) => moment.getTime())));
}

/** One object of rows from many, for one statement. */
export function mergeRows(list: readonly RowsByTable[]): RowsByTable {
  const merged: Record<string, unknown[]> = {};
  for (const rows of list) {
    for (const [table, some] of Object.entries(rows)) {
      const target = merged[table] ?? [];
      for (const row of some) target.push(row);
      merged[table] = target;
    }
  }
  return merged as RowsByTable;
}

/** The list in runs of at most `size`. */
export function* slices<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
