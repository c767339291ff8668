// SQL over places.
import { type Selectable, sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Places } from '../../db/schema.generated.ts';

export type PlaceRow = Selectable<Places>;

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
  const { text, parent, limit } = search;
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  let query = db.selectFrom('places').selectAll().where(sql<boolean>`lower(name) LIKE ${pattern}`);
  if (parent !== undefined) {
    const digits = significantDigits(parent);
    query = query
      .where('code', '>', digits.padEnd(CODE_LENGTH, '0'))
      .where('code', '<=', digits.padEnd(CODE_LENGTH, '9'));
  }
  return query.orderBy('name').orderBy('code').limit(limit).execute();
}

const CODE_LENGTH = 10;
/** How the PSGC groups its digits: region, province, city, barangay. */
const LEVEL_ENDS = [2, 5, 7];

/** The digits that the codes of all places below begin with. */
function significantDigits(code: string): string {
  const end = LEVEL_ENDS.find((length) => /^0*$/.test(code.slice(length)));
  return code.slice(0, end);
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
