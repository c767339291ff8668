// SQL over carts and cart_items.
import { sql } from 'kysely';
import { type Db, type DbTransaction, runNamed } from '../../db/database.ts';
import { onlyRow } from '../../db/rows.ts';
import type { Unit } from '../../lib/quantity.ts';

/** Locks the user's cart, making it where there is none: the first lock of everything that changes it. */
export async function lockCart(db: DbTransaction, user_id: string): Promise<void> {
  await sql`INSERT INTO carts (user_id) VALUES (${user_id}) ON CONFLICT (user_id) DO UPDATE SET user_id = EXCLUDED.user_id`.execute(
    db,
  );
}

export interface CartProduct {
  readonly id: string;
  readonly unit: Unit;
  readonly list_price_centavos: number;
  readonly seller_id: string;
  readonly is_on_sale: boolean;
}

export async function findCartProduct(db: Db, id: string): Promise<CartProduct | undefined> {
  const result = await sql<CartProduct>`
    SELECT p.id, p.unit, p.price_centavos AS list_price_centavos, p.seller_id,
      is_on_sale(p, s) AS is_on_sale
    FROM products p JOIN sellers s ON s.id = p.seller_id
    WHERE p.id = ${id} AND p.deleted_at IS NULL`.execute(db);
  return result.rows[0];
}

/** Read without a lock: what a checkout of this cart will probably want. */
export async function findCartProductIds(db: Db, user_id: string): Promise<string[]> {
  const rows = await runNamed<{ product_id: string }>(
    db,
    'cart_products',
    'SELECT product_id FROM cart_items WHERE user_id = $1',
    [user_id],
  );
  return rows.map((row) => row.product_id);
}

export interface CartItemRow {
  readonly id: string;
  readonly user_id: string;
  readonly product_id: string;
  readonly quantity_milli: number;
  readonly created_at: Date;
}

export async function findCartItems(db: Db, user_id: string): Promise<CartItemRow[]> {
  return db.selectFrom('cart_items').selectAll().where('user_id', '=', user_id).execute();
}

/** Sets the quantity of a product in the cart, adding the line where there is none. */
export async function putCartItem(db: DbTransaction, row: CartItemRow): Promise<void> {
  await db
    .insertInto('cart_items')
    .values(row)
    .onConflict((oc) =>
      oc.columns(['user_id', 'product_id']).doUpdateSet({ quantity_milli: row.quantity_milli }),
    )
    .execute();
}

/** Removes one product, or everything. @returns how many lines were removed */
export async function deleteCartItems(
  db: DbTransaction,
  user_id: string,
  product_id?: string,
): Promise<number> {
  const query = db.deleteFrom('cart_items').where('user_id', '=', user_id);
  const result = await (product_id === undefined
    ? query
    : query.where('product_id', '=', product_id)
  ).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Takes ordered lines out of the cart and draws the order's number, in one round trip. */
export async function takeCartItems(
  db: DbTransaction,
  item_ids: readonly string[],
): Promise<number> {
  const result = await sql<{ number: number }>`
    WITH taken AS (DELETE FROM cart_items WHERE id = ANY (${item_ids}::uuid[]))
    SELECT nextval('order_number_seq') AS number`.execute(db);
  return onlyRow(result).number;
}
