// Demo sellers: farms, cooperatives and market women, with their business profiles.
import type { Selectable } from 'kysely';
import type { WholeRow } from '../db/insert-together.ts';
import type { Users } from '../db/schema.generated.ts';
import { DEMO_SELLER } from '../lib/demo-market.ts';
import { slugify } from '../lib/text/slug.ts';
import { HOUR_MS, plusMs } from '../lib/time.ts';
import { type Areas, type Barangay, findBarangay } from './areas.ts';
import {
  BUSINESS_DESCRIPTIONS,
  BUSINESS_NAMES,
  MENS_NICKNAMES,
  STREETS,
  WOMENS_NICKNAMES,
} from './data/names.ts';
import type { Seeding } from './seeding.ts';

export interface Seller {
  readonly row: WholeRow<'sellers'>;
  readonly user: Selectable<Users>;
  readonly place: Barangay;
  readonly isDemo: boolean;
}

interface SellerOptions {
  /** Names that are taken, to which this one is added: no two sellers share one. */
  readonly names: Set<string>;
  readonly user: Selectable<Users>;
  readonly areas: Areas;
  readonly status: 'VERIFIED' | 'PENDING' | 'SUSPENDED';
  readonly isDemo: boolean;
}

/** Applicants and suspended sellers, who have no products: at least one of each. */
export function waitingSellers(verified: number): ('PENDING' | 'SUSPENDED')[] {
  const count = Math.max(2, Math.round(verified / 50));
  return Array.from({ length: count }, (_, i) => (i % 4 === 1 ? 'SUSPENDED' : 'PENDING'));
}

/** Counters stay zero here and are summed up at the end. */
export function sellerRow({ random }: Seeding, options: SellerOptions): Seller {
  const { user, areas, status, isDemo, names } = options;
  const drawn = random.pick(areas.farms);
  const place = isDemo ? findBarangay(areas.farms, DEMO_SELLER.barangay_code) : drawn;
  const business_name = isDemo
    ? DEMO_SELLER.business_name
    : freeName(nameOf(random.pick(BUSINESS_NAMES)));
  names.add(business_name);
  const created_at = plusMs(user.created_at, HOUR_MS);
  const id = random.id(created_at);
  const row = {
    id,
    user_id: user.id,
    business_name,
    business_phone: user.user_phone,
    description: random.pick(BUSINESS_DESCRIPTIONS),
    slug: `${slugify(business_name)}-${id.slice(-6)}`,
    street: random.pick(STREETS),
    barangay_code: place.barangay_code,
    zip_code: null,
    status,
    commission_bps: random.chance(0.1) ? random.pick([300, 400, 700]) : null,
    terms_accepted_at: created_at,
    rating_sum: 0,
    review_count: 0,
    product_count: 0,
    follower_count: 0,
    suspended_from: status === 'SUSPENDED' ? ('VERIFIED' as const) : null,
    requested_name: null,
    name_requested_at: null,
    version: 1,
    created_at,
    updated_at: created_at,
    deleted_at: null,
    listings_due_at: null,
    ...(isDemo ? DEMO_PROFILE : {}),
  };
  return { row, user, place, isDemo };

  /** The town tells namesakes apart, and where that is not enough, a number. */
  function freeName(name: string): string {
    if (!names.has(name)) return name;
    const inTown = `${name} sa ${place.city.replace(/ City$/, '')}`;
    if (!names.has(inTown)) return inTown;
    for (let number = 2; ; number += 1)
      if (!names.has(`${inTown} ${number}`)) return `${inTown} ${number}`;
  }

  function nameOf(pattern: string): string {
    return pattern
      .replace('{woman}', random.pick(WOMENS_NICKNAMES))
      .replace('{man}', random.pick(MENS_NICKNAMES))
      .replace('{last}', user.last_name)
      .replace('{town}', place.city.replace(/ City$/, ''));
  }
}

const { id, slug, description, street } = DEMO_SELLER;
const DEMO_PROFILE = { id, slug, description, street };
