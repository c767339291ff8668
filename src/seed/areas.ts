// Real barangays for the demo people, with the names that their addresses show.
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { CITY_AREAS, FARM_AREAS } from './data/areas.ts';

export interface Barangay {
  readonly barangay_code: string;
  readonly barangay: string;
  readonly city: string;
  /** Null in NCR and in independent cities. */
  readonly province: string | null;
  readonly region: string;
}

export interface Areas {
  readonly farms: readonly Barangay[];
  readonly cities: readonly Barangay[];
}

/** @throws Error where the reference data is not loaded */
export async function loadAreas(db: Db): Promise<Areas> {
  const [farms, cities] = [await barangaysIn(db, FARM_AREAS), await barangaysIn(db, CITY_AREAS)];
  if (farms.length === 0 || cities.length === 0) {
    throw new Error('The table of places is empty: migrate the database first.');
  }
  return { farms, cities };
}

/** @throws RangeError where it is none of `some` */
export function findBarangay(some: readonly Barangay[], code: string): Barangay {
  const found = some.find(({ barangay_code }) => barangay_code === code);
  if (found === undefined) throw new RangeError(`there is no barangay ${code}`);
  return found;
}

/** Barangays whose code begins with one of `prefixes`, in order of code. A sub-municipality of Manila shows as Manila. */
async function barangaysIn(db: Db, prefixes: readonly string[]): Promise<Barangay[]> {
  const result = await sql<Barangay>`
    WITH RECURSIVE chain AS (
      SELECT code AS barangay_code, code, name, level, parent_code FROM places
      WHERE level = 'barangay' AND code LIKE ANY (${prefixes.map((prefix) => `${prefix}%`)}::text[])
      UNION ALL
      SELECT chain.barangay_code, p.code, p.name, p.level, p.parent_code
      FROM chain JOIN places p ON p.code = chain.parent_code
    )
    SELECT barangay_code, min(name) FILTER (WHERE level = 'barangay') AS barangay,
      min(name) FILTER (WHERE level = 'city') AS city,
      min(name) FILTER (WHERE level = 'province') AS province, min(name) FILTER (WHERE level = 'region') AS region
    FROM chain GROUP BY barangay_code ORDER BY barangay_code`.execute(db);
  return result.rows;
}
