// SQL over payout runs and payouts. Whom to pay is read across tables: sellers and their balances.
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { isNotSetAside } from '../../../db/batches/set-aside.queries.ts';
import type { Db, DbTransaction } from '../../../db/database.ts';
import { newestFirst } from '../../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../../db/paging/paging.ts';
import type { PayoutRuns, Payouts } from '../../../db/schema.generated.ts';
import type { SellerAccountRow } from '../destinations/destinations.queries.ts';

/** A statement takes 65,535 parameters, and a balance some reading. */
const ROWS_AT_ONCE = 500;

export type PayoutRow = Selectable<Payouts>;
export type PayoutRunRow = Selectable<PayoutRuns>;

export interface PayableSeller extends SellerAccountRow {
  readonly available_centavos: number;
}

export interface PayableTerms {
  readonly minimum_centavos: number;
  readonly claims_from: Date;
  /** Destinations that were changed later are on hold. */
  readonly unchanged_since: Date;
}

/** Verified sellers with a destination that is not on hold, to whom the minimum is available. */
export async function findPayable(db: Db, terms: PayableTerms): Promise<PayableSeller[]> {
  const payable: PayableSeller[] = [];
  let after: string | undefined;
  let seller_ids: string[];
  do {
    seller_ids = await findAccountIds(db, after);
    payable.push(...(await findPayableAmong(db, terms, seller_ids)));
    after = seller_ids.at(-1);
  } while (seller_ids.length === ROWS_AT_ONCE);
  return payable;
}

async function findAccountIds(db: Db, after: string | undefined): Promise<string[]> {
  let query = db
    .selectFrom('seller_accounts')
    .select('seller_id')
    .orderBy('seller_id')
    .limit(ROWS_AT_ONCE);
  if (after !== undefined) query = query.where('seller_id', '>', after);
  return (await query.execute()).map(({ seller_id }) => seller_id);
}

async function findPayableAmong(
  db: Db,
  terms: PayableTerms,
  seller_ids: readonly string[],
): Promise<PayableSeller[]> {
  const { rows } = await sql<PayableSeller>`
    SELECT a.*, b.payable_centavos - b.pending_centavos AS available_centavos
    FROM seller_accounts a
    JOIN sellers s ON s.id = a.seller_id AND s.status = 'VERIFIED' AND s.deleted_at IS NULL
    CROSS JOIN LATERAL seller_balance(a.seller_id, ${terms.claims_from}) b
    WHERE a.seller_id = ANY (${seller_ids}::uuid[]) AND a.changed_at <= ${terms.unchanged_since}
      AND b.payable_centavos - b.pending_centavos >= ${terms.minimum_centavos}
    ORDER BY a.seller_id`.execute(db);
  return rows;
}

export async function insertPayouts(
  db: DbTransaction,
  rows: readonly Insertable<Payouts>[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE)
    await db
      .insertInto('payouts')
      .values(rows.slice(i, i + ROWS_AT_ONCE))
      .execute();
}

export async function findRun(db: Db, id: string): Promise<PayoutRunRow | undefined> {
  return db.selectFrom('payout_runs').selectAll().where('id', '=', id).executeTakeFirst();
}

export function findRunPage(db: Db, page: PageRequest): Promise<Page<PayoutRunRow>> {
  return fetchPage(db, db.selectFrom('payout_runs').selectAll(), {
    order: newestFirst('created_at', 'id'),
    page,
  });
}

export async function lockRun(db: DbTransaction, id: string): Promise<PayoutRunRow | undefined> {
  return db
    .selectFrom('payout_runs')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function decideRun(
  db: DbTransaction,
  id: string,
  decision: Required<Pick<Updateable<PayoutRuns>, 'status' | 'decided_by' | 'decided_at'>>,
): Promise<void> {
  await db.updateTable('payout_runs').set(decision).where('id', '=', id).execute();
}

export async function findPayoutsOfRun(db: Db, run_id: string): Promise<PayoutRow[]> {
  return db
    .selectFrom('payouts')
    .selectAll()
    .where('run_id', '=', run_id)
    .orderBy('seller_id')
    .execute();
}

export function findPayoutPage(
  db: Db,
  seller_id: string,
  page: PageRequest,
): Promise<Page<PayoutRow>> {
  // What a draft would do is the platform's own affair.
  const query = db
    .selectFrom('payouts')
    .selectAll()
    .where('seller_id', '=', seller_id)
    .where('status', 'not in', ['DRAFT', 'SKIPPED']);
  return fetchPage(db, query, { order: newestFirst('created_at', 'id'), page });
}

export async function findPayout(db: Db, id: string): Promise<PayoutRow | undefined> {
  return db.selectFrom('payouts').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The payout as it is now, locked; the caller holds the seller's account. */
export async function lockPayout(db: DbTransaction, id: string): Promise<PayoutRow> {
  return db
    .selectFrom('payouts')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

export async function updatePayout(
  db: DbTransaction,
  id: string,
  changes: Updateable<Payouts>,
): Promise<PayoutRow> {
  return db
    .updateTable('payouts')
    .set(changes)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Payouts of approved runs that have not begun. */
export async function findPayoutsToStart(
  db: Db,
  { job, limit }: { readonly job: string; readonly limit: number },
): Promise<{ id: string }[]> {
  return db
    .selectFrom('payouts as p')
    .innerJoin('payout_runs as r', 'r.id', 'p.run_id')
    .select('p.id')
    .where('p.status', '=', 'DRAFT')
    .where('r.status', '=', 'APPROVED')
    .where(isNotSetAside(job, sql.ref('p.id')))
    .orderBy('p.created_at')
    .orderBy('p.id')
    .limit(limit)
    .execute();
}

export async function isSellerVerified(db: Db, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('sellers')
    .select('status')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.status === 'VERIFIED';
}

/** What a cancelled run would have paid. */
export async function skipPayouts(db: DbTransaction, run_id: string, now: Date): Promise<void> {
  await db
    .updateTable('payouts')
    .set({ status: 'SKIPPED', reason: 'RUN_CANCELLED', updated_at: now })
    .where('run_id', '=', run_id)
    .execute();
}
