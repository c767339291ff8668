// Fills the tables of reference data, places and search synonyms, from the CSV files beside the
// migrations, whenever a file's content has changed.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql, type Transaction } from 'kysely';
import { changedRows } from '../rows.ts';

type DataFile = { name: string; checksum: string; rows: string[][] };

const DATA_DIR = join(import.meta.dirname, '../../../migrations/data');
const BATCH_ROWS = 10_000;

/**
 * Answers how many rows were written: zero where the content is loaded already. Processes that
 * start together wait for the first and then find nothing to do. Rejects, with nothing changed,
 * when a file is missing or breaks a constraint.
 */
export async function loadReferenceData<DB>(
  db: Kysely<DB>,
): Promise<{ places: number; synonyms: number }> {
  const [places, synonyms] = await Promise.all([readDataFile('places'), readDataFile('synonyms')]);

  return db.transaction().execute(async (trx) => {
    // Requests give up a lock early and try again; a start waits for a vacuum, or for the start before it.
    await sql`SET LOCAL lock_timeout = 0`.execute(trx);
    await sql`LOCK TABLE reference_data IN SHARE ROW EXCLUSIVE MODE`.execute(trx);
    return {
      places: await loadIfChanged(trx, places, upsertPlaces),
      synonyms: await loadIfChanged(trx, synonyms, replaceSynonyms),
    };
  });
}

async function readDataFile(name: string): Promise<DataFile> {
  const text = await readFile(join(DATA_DIR, `${name}.csv`), 'utf8');
  return {
    name,
    checksum: createHash('sha256').update(text).digest('hex'),
    rows: text.trimEnd().split('\n').slice(1).map(parseCsvLine),
  };
}

/** Fields may be quoted, but hold no line break; the first is never empty. */
function parseCsvLine(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return Array.from(fields, ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}

async function loadIfChanged<DB>(
  trx: Transaction<DB>,
  { name, checksum, rows }: DataFile,
  load: (trx: Transaction<DB>, rows: string[][]) => Promise<number>,
): Promise<number> {
  const loaded = await sql`
    SELECT 1 FROM reference_data WHERE name = ${name} AND checksum = ${checksum}
  `.execute(trx);
  if (loaded.rows.length > 0) return 0;

  const written = await load(trx, rows);
  await sql`
    INSERT INTO reference_data (name, checksum, loaded_at) VALUES (${name}, ${checksum}, now())
    ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, loaded_at = excluded.loaded_at
  `.execute(trx);
  return written;
}

/** Parents come first in the file. Places that left it stay: addresses may refer to them. */
async function upsertPlaces<DB>(trx: Transaction<DB>, rows: string[][]): Promise<number> {
  let written = 0;
  for (let start = 0; start < rows.length; start += BATCH_ROWS) {
    const batch = rows.slice(start, start + BATCH_ROWS);
    const result = await sql`
      INSERT INTO places (code, name, level, parent_code)
      SELECT code, name, level, nullif(parent_code, '')
      FROM unnest(
        ${columnOf(batch, 0)}::text[], ${columnOf(batch, 1)}::text[],
        ${columnOf(batch, 2)}::text[], ${columnOf(batch, 3)}::text[]
      ) AS file (code, name, level, parent_code)
      ON CONFLICT (code) DO UPDATE
        SET name = excluded.name, level = excluded.level, parent_code = excluded.parent_code
        WHERE (places.name, places.level, places.parent_code)
          IS DISTINCT FROM (excluded.name, excluded.level, excluded.parent_code)
    `.execute(trx);
    written += changedRows(result);
  }
  return written;
}

async function replaceSynonyms<DB>(trx: Transaction<DB>, rows: string[][]): Promise<number> {
  await sql`DELETE FROM search_synonyms`.execute(trx);
  await sql`
    INSERT INTO search_synonyms (group_id, term)
    SELECT * FROM unnest(${columnOf(rows, 0)}::integer[], ${columnOf(rows, 1)}::text[])
  `.execute(trx);
  return rows.length;
}

function columnOf(rows: string[][], index: number): string[] {
  return rows.map((row) => row[index] ?? '');
}
