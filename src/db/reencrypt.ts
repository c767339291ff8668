// After a rotation: secrets at rest are encrypted anew with the first key, so that the others can be taken away.
import { type RawBuilder, sql } from 'kysely';
import type { KeyRing } from '../lib/keys/key-ring.ts';
import { openSecret, sealSecret } from '../lib/keys/sealed.ts';
import type { Db } from './database.ts';
import { changedRows } from './rows.ts';

const BATCH = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Where sealed secrets stand. */
export interface SealedColumn {
  readonly table: string;
  /** Column of the primary key, a UUID. */
  readonly id: string;
  /** Column that says for whom a secret is sealed. */
  readonly owner: string;
  readonly secret: string;
  /** Which rows. */
  readonly where: RawBuilder<unknown>;
}

export interface Reencryption {
  readonly checked: number;
  readonly renewed: number;
  /** Owners whose secret no key opens. */
  readonly lost: readonly string[];
}

interface SealedRow {
  readonly id: string;
  readonly owner: string;
  readonly secret: Buffer;
}

/** May run beside servers, and again: what is done already stays as it is. */
export async function reencrypt(
  db: Db,
  keys: KeyRing<Buffer>,
  columns: readonly SealedColumn[],
): Promise<Reencryption> {
  const lost: string[] = [];
  let [checked, renewed] = [0, 0];
  for (const column of columns)
    for await (const row of readSealed(db, column)) {
      checked += 1;
      const opened = openSecret(keys, row.owner, row.secret);
      if (opened === undefined) lost.push(row.owner);
      else if (!opened.isCurrent)
        renewed += await replace(db, column, row, sealSecret(keys, row.owner, opened.secret));
    }
  return { checked, renewed, lost };
}

/** Every row, batch by batch in the order of ids. */
async function* readSealed(db: Db, column: SealedColumn): AsyncGenerator<SealedRow> {
  let after = BEFORE_ALL;
  let batch: readonly SealedRow[];
  do {
    batch = await findSealed(db, column, after);
    yield* batch;
    after = batch.at(-1)?.id ?? after;
  } while (batch.length === BATCH);
}

async function findSealed(
  db: Db,
  { table, id, owner, secret, where }: SealedColumn,
  after: string,
): Promise<readonly SealedRow[]> {
  const { rows } = await sql<SealedRow>`
    SELECT ${sql.ref(id)} AS id, ${sql.ref(owner)} AS owner, ${sql.ref(secret)} AS secret FROM ${sql.table(table)}
    WHERE ${sql.ref(id)} > ${after} AND ${where} ORDER BY ${sql.ref(id)} LIMIT ${BATCH}`.execute(
    db,
  );
  return rows;
}

/** Leaves a secret alone that was replaced meanwhile. @returns how many rows it changed */
async function replace(
  db: Db,
  { table, id, secret }: SealedColumn,
  row: SealedRow,
  sealed: Buffer,
): Promise<number> {
  const result = await sql`
    UPDATE ${sql.table(table)} SET ${sql.ref(secret)} = ${sealed}
    WHERE ${sql.ref(id)} = ${row.id} AND ${sql.ref(secret)} = ${row.secret}`.execute(db);
  return changedRows(result);
}
