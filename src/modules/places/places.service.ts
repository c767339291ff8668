// Philippine places by PSGC code: browsing them, and the names that an address shows.
import type { Ctx } from '../../context.ts';
import { invalidField } from '../../lib/problem.ts';
import { findChildPlaces, findPlaceChain, type PlaceRow, searchPlaces } from './places.queries.ts';

const MAX_SEARCH_RESULTS = 200;

/** Names of an address as it is written; province is null in NCR and in independent cities. */
export interface PlaceNames {
  readonly barangay: string;
  readonly city: string;
  readonly province: string | null;
  readonly region: string;
}

/** Children of `parent`, or the regions; with `search`, every match below. */
export function listPlaces(
  ctx: Ctx,
  filter: { parent?: string; search?: string },
): Promise<PlaceRow[]> {
  const { parent, search } = filter;
  if (search === undefined) return findChildPlaces(ctx.db, parent ?? null);
  return searchPlaces(ctx.db, {
    text: search,
    limit: MAX_SEARCH_RESULTS,
    ...(parent === undefined ? {} : { parent }),
  });
}

/**
 * Names along the way up from a barangay.
 * @throws Problem VALIDATION_ERROR at `/barangay_code` where the code is not a barangay's
 */
export async function requireBarangay(ctx: Ctx, code: string): Promise<PlaceNames> {
  const chain = await findPlaceChain(ctx.db, code);
  const nameOf = (level: PlaceRow['level']) => chain.find((place) => place.level === level)?.name;
  const barangay = nameOf('barangay');
  const region = nameOf('region');
  // Manila's sub-municipalities lie between barangay and city; the address shows the city.
  const city = nameOf('city') ?? nameOf('sub_municipality');
  if (barangay === undefined || city === undefined || region === undefined) {
    throw invalidField('/barangay_code', 'must be the PSGC code of a barangay; see /places');
  }
  return { barangay, city, province: nameOf('province') ?? null, region };
}
