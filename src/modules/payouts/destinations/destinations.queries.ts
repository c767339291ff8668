// SQL over sellers' accounts: where each is paid, and the lock that all who move their money take.
import type { Selectable } from 'kysely';
import type { Db, DbTransaction } from '../../../db/database.ts';
import type { SellerAccounts } from '../../../db/schema.generated.ts';

export type SellerAccountRow = Selectable<SellerAccounts>;

export async function findAccount(
  db: Db,
  seller_id: string,
): Promise<SellerAccountRow | undefined> {
  return db
    .selectFrom('seller_accounts')
    .selectAll()
    .where('seller_id', '=', seller_id)
    .executeTakeFirst();
}

/** The same, locked: nobody else moves the seller's money until the transaction ends. */
export async function lockAccount(
  db: DbTransaction,
  seller_id: string,
): Promise<SellerAccountRow | undefined> {
  return db
    .selectFrom('seller_accounts')
    .selectAll()
    .where('seller_id', '=', seller_id)
    .forUpdate()
    .executeTakeFirst();
}

export async function writeAccount(
  db: DbTransaction,
  { seller_id, ...columns }: SellerAccountRow,
): Promise<void> {
  await db
    .insertInto('seller_accounts')
    .values({ seller_id, ...columns })
    .onConflict((oc) => oc.column('seller_id').doUpdateSet(columns))
    .execute();
}
