// After a rotation: account numbers are encrypted anew with the first secret, so that the others can be taken away.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { openSecret, sealSecret } from '../../../lib/keys/sealed.ts';
import type { Tokens } from '../../../tokens/tokens.ts';

const BATCH = 500;
const NOBODY = '00000000-0000-0000-0000-000000000000';

interface Source {
  readonly table: string;
  readonly key: string;
  readonly condition: RawBuilder<unknown>;
}

const SOURCES: readonly Source[] = [
  { table: 'seller_accounts', key: 'seller_id', condition: sql`true` },
  { table: 'payouts', key: 'id', condition: sql`status IN ('DRAFT', 'STARTED')` },
];

interface SealedNumber {
  readonly id: string;
  readonly seller_id: string;
  readonly account_number: Buffer;
}

export interface Reencryption {
  readonly checked: number;
  readonly renewed: number;
  /** Sellers whose number no secret opens. */
  readonly lost: readonly string[];
}

/** Of destinations, and of payouts that may still be sent. May run beside servers, and again. */
export async function reencryptAccountNumbers(db: Db, tokens: Tokens): Promise<Reencryption> {
  const keys = tokens.deriveKeys('payout-destination');
  const lost: string[] = [];
  let [checked, renewed] = [0, 0];
  const renew = async (source: Source, row: SealedNumber) => {
    const opened = openSecret(keys, row.seller_id, row.account_number);
    if (opened === undefined) lost.push(row.seller_id);
    if (opened === undefined || opened.isCurrent) return;
    const next = sealSecret(keys, row.seller_id, opened.secret);
    renewed += await replace(db, source, { row, next });
  };
  for (const source of SOURCES) {
    let after = NOBODY;
    let batch: readonly SealedNumber[];
    do {
      batch = await find(db, source, after);
      for (const row of batch) await renew(source, row);
      checked += batch.length;
      after = batch.at(-1)?.id ?? after;
    } while (batch.length === BATCH);
  }
  return { checked, renewed, lost };
}

async function find(
  db: Db,
  { table, key, condition }: Source,
  after: string,
): Promise<readonly SealedNumber[]> {
  const { rows } = await sql<SealedNumber>`
    SELECT ${sql.ref(key)} AS id, seller_id, account_number FROM ${sql.table(table)}
    WHERE ${sql.ref(key)} > ${after} AND ${condition} ORDER BY ${sql.ref(key)} LIMIT ${BATCH}`.execute(
    db,
  );
  return rows;
}

/** Leaves a number alone that was replaced meanwhile. @returns how many rows it changed */
async function replace(
  db: Db,
  { table, key }: Source,
  { row, next }: { readonly row: SealedNumber; readonly next: Buffer },
): Promise<number> {
  const result = await sql`
    UPDATE ${sql.table(table)} SET account_number = ${next}
    WHERE ${sql.ref(key)} = ${row.id} AND account_number = ${row.account_number}`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}
