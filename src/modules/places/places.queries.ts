// SQL over places.
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

export interface PlaceRow {
  readonly code: string;
  readonly name: string;
  readonly level: string;
  readonly parent_code: string | null;
}

export function findChildPlaces(db: Db, parent: string | null): Promise<PlaceRow[]> {
  const query = db.selectFrom('places').selectAll().orderBy('name').orderBy('code');
  return (
    parent === null
      ? query.where('parent_code', 'is', null)
      : query.where('parent_code', '=', parent)
  ).execute();
}

/** Places whose name holds `text`; with a parent, anywhere below it. */
export async function searchPlaces(
  db: Db,
  search: { text: string; parent?: string; limit: number },
): Promise<PlaceRow[]> {
  const pattern = `%${search.text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const result = await sql<PlaceRow>`
    WITH RECURSIVE above AS (
      SELECT code AS start_code, code, parent_code FROM places WHERE lower(name) LIKE ${pattern}
      UNION ALL
      SELECT a.start_code, p.code, p.parent_code FROM above a JOIN places p ON p.code = a.parent_code
    )
    SELECT p.code, p.name, p.level, p.parent_code FROM places p
    WHERE lower(p.name) LIKE ${pattern}
      AND (${search.parent ?? null}::text IS NULL OR EXISTS (
        SELECT FROM above a WHERE a.start_code = p.code AND a.parent_code = ${search.parent ?? null}))
    ORDER BY p.name, p.code LIMIT ${search.limit}`.execute(db);
  return result.rows;
}

/** The place and all that lie above it, itself first. */
export async function findPlaceChain(db: Db, code: string): Promise<PlaceRow[]> {
  const result = await sql<PlaceRow>`
    WITH RECURSIVE chain AS (
      SELECT code, name, level, parent_code, 1 AS step FROM places WHERE code = ${code}
      UNION ALL
      SELECT p.code, p.name, p.level, p.parent_code, chain.step + 1 FROM chain JOIN places p ON p.code = chain.parent_code
    )
    SELECT code, name, level, parent_code FROM chain ORDER BY step`.execute(db);
  return result.rows;
}
