// What a server says of the orders that customers were told of.
import pg from 'pg';
import type { Acknowledged } from './customers.ts';

export interface OrderComparison {
  /** Acknowledged, and not there or under another key. */
  readonly lost: number;
  /** There, and acknowledged to nobody: all who asked have their answer by now, so that these are doubles. */
  readonly doubled: number;
  /** Of the orders there, less that of the acknowledged ones. */
  readonly difference_centavos: number;
}

interface Row {
  readonly id: string;
  readonly total_centavos: number;
  readonly key: string | null;
}

/** Holds the orders that were placed since `since` against what was acknowledged. */
export async function compareOrders(
  url: string,
  acknowledged: readonly Acknowledged[],
  since: Date,
): Promise<OrderComparison> {
  const rows = await readOrders(url, since);
  const keys = new Map(rows.map(({ id, key }) => [id, key]));
  const told = new Set(acknowledged.map(({ order_id }) => order_id));
  return {
    lost: acknowledged.filter(({ key, order_id }) => keys.get(order_id) !== key).length,
    doubled: rows.filter(({ id }) => !told.has(id)).length + acknowledged.length - told.size,
    difference_centavos: sumOf(rows) - sumOf(acknowledged),
  };
}

export function isEven({ lost, doubled, difference_centavos }: OrderComparison): boolean {
  return lost === 0 && doubled === 0 && difference_centavos === 0;
}

async function readOrders(url: string, since: Date): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(
      `SELECT o.id, o.total_centavos::float8 AS total_centavos, k.key
       FROM orders o
       LEFT JOIN idempotency_keys k
         ON k.user_id = o.user_id AND k.status = 201 AND k.body::jsonb #>> '{order,id}' = o.id::text
       WHERE o.placed_at >= $1`,
      [since],
    );
    return rows;
  } finally {
    await client.end();
  }
}

function sumOf(orders: readonly { readonly total_centavos: number }[]): number {
  return orders.reduce((sum, { total_centavos }) => sum + total_centavos, 0);
}
