// The people of the demo market: three who can sign in, and many who only were there.
import type { Selectable } from 'kysely';
import type { RowsByTable } from '../db/insert-together.ts';
import type { Users } from '../db/schema.generated.ts';
import { DEMO_ADDRESS, DEMO_PEOPLE } from '../lib/demo-market.ts';
import { slugify } from '../lib/text/slug.ts';
import { DAY_MS, plusMs } from '../lib/time.ts';
import { type Areas, type Barangay, findBarangay } from './areas.ts';
import { LANDMARKS, LAST_NAMES, MENS_NAMES, STREETS, WOMENS_NAMES } from './data/names.ts';
import { hashDemoPassword, unusableHash } from './passwords.ts';
import { daysAgo, mergeRows, type Seeding, slices } from './seeding.ts';
import { type Seller, sellerRow, waitingSellers } from './sellers.ts';

type User = Selectable<Users>;
type Address = NonNullable<RowsByTable['addresses']>[number];

export interface Buyer {
  readonly user: User;
  /** The default one. */
  readonly address: Address;
  readonly place: Barangay;
}

export interface People {
  readonly admin: User;
  /** Verified ones; the demo customer first. */
  readonly buyers: readonly Buyer[];
  /** Verified ones; the demo seller first. */
  readonly sellers: readonly Seller[];
}

const PEOPLE_PER_STATEMENT = 1_000;
const OLDEST_MEMBER_DAYS = 500;
/** Before the first order and before the first product. */
const MEMBERS_SINCE_DAYS = 410;
/** One in so many has joined lately and not confirmed an address yet. */
const NEWCOMER_EVERY = 20;
const FIRST_PHONE = 1_000_001;

export async function seedPeople(seeding: Seeding, areas: Areas): Promise<People> {
  const { plan } = seeding;
  const register = await createRegister(seeding);
  const admin = register({ demo: 'admin' });
  const customers = Array.from({ length: plan.customers }, (_, i) => {
    const isNewcomer = i > 0 && i % NEWCOMER_EVERY === 0;
    const user = register(i === 0 ? { demo: 'customer' } : { isNewcomer });
    return settle(seeding, user, areas);
  });
  const names = new Set<string>();
  const sellers = Array.from({ length: plan.sellers }, (_, i) =>
    sellerRow(seeding, {
      user: register(i === 0 ? { demo: 'seller' } : { isSeller: true }),
      areas,
      status: 'VERIFIED',
      isDemo: i === 0,
      names,
    }),
  );
  const waiting = waitingSellers(plan.sellers).map((status) =>
    sellerRow(seeding, { user: register({ isSeller: true }), areas, status, isDemo: false, names }),
  );
  const rows = [
    { users: [admin] },
    ...customers.map(({ user, addresses }) => ({ users: [user], addresses })),
    ...[...sellers, ...waiting].map(({ user, row }) => ({ users: [user], sellers: [row] })),
  ];
  let done = 0;
  for (const slice of slices(rows, PEOPLE_PER_STATEMENT)) {
    await seeding.write(mergeRows(slice));
    done += slice.length;
    seeding.report({ name: 'people', done, total: rows.length });
  }
  const buyers = customers.filter((customer) => customer.user.email_verified_at !== null);
  return { admin, buyers, sellers };
}

interface Membership {
  readonly demo?: keyof typeof DEMO_PEOPLE;
  readonly isSeller?: boolean;
  readonly isNewcomer?: boolean;
}

async function createRegister(seeding: Seeding): Promise<(membership: Membership) => User> {
  const { random } = seeding;
  const hashes = { demo: await hashDemoPassword(random), unusable: unusableHash(random) };
  let number = 0;
  return ({ demo, isSeller = false, isNewcomer = false }) => {
    number += 1;
    const joined_at = isNewcomer
      ? random.moment(daysAgo(seeding, 7), seeding.now)
      : random.moment(daysAgo(seeding, OLDEST_MEMBER_DAYS), daysAgo(seeding, MEMBERS_SINCE_DAYS));
    const first_name = random.pick(random.chance(0.6) ? WOMENS_NAMES : MENS_NAMES);
    const last_name = random.pick(LAST_NAMES);
    const user_name = `${slugify(first_name)}.${slugify(last_name)}${number}`;
    const role = demo ?? (isSeller ? 'seller' : 'customer');
    return {
      ...NEVER,
      id: random.id(joined_at),
      user_name,
      user_email: `${user_name}@example.com`,
      user_phone: `+63917${FIRST_PHONE + number}`,
      password_hash: demo === undefined ? hashes.unusable : hashes.demo,
      first_name,
      last_name,
      language: languageOf(demo, random.chance(0.4)),
      role,
      email_verified_at: isNewcomer ? null : joined_at,
      email_vouched_at: null,
      phone_verified_at: !isNewcomer && random.chance(0.5) ? joined_at : null,
      terms_accepted_at: joined_at,
      created_at: joined_at,
      updated_at: joined_at,
      ...(demo === undefined ? {} : DEMO_PEOPLE[demo]),
    };
  };
}

/** One of each language among those who can sign in, so that mail of both is seen. */
function languageOf(demo: Membership['demo'], isFilipino: boolean): 'en' | 'fil' {
  if (demo !== undefined) return demo === 'seller' ? 'fil' : 'en';
  return isFilipino ? 'fil' : 'en';
}

/** What none of them has done. */
const NEVER = {
  is_active: true,
  mfa_secret: null,
  mfa_enabled_at: null,
  mfa_last_step: null,
  mfa_failures: 0,
  mfa_failed_at: null,
  version: 1,
  deleted_at: null,
  erased_at: null,
} as const;

/** Gives a buyer a home and, now and then, an office. */
function settle({ random }: Seeding, user: User, areas: Areas) {
  const isDemo = user.id === DEMO_PEOPLE.customer.id;
  const drawn = [random.pick(areas.cities), random.pick(areas.cities)] as const;
  const home = isDemo ? findBarangay(areas.cities, DEMO_ADDRESS.barangay_code) : drawn[0];
  const count = isDemo || random.chance(0.3) ? 2 : 1;
  const created_at = plusMs(user.created_at, DAY_MS / 24);
  const addresses = [home, drawn[1]].slice(0, count).map((place, i) => ({
    id: random.id(created_at),
    user_id: user.id,
    label: i === 0 ? 'Bahay' : 'Opisina',
    recipient_name: `${user.first_name} ${user.last_name}`,
    recipient_phone: user.user_phone,
    street: `${random.integer(1, 280)} ${random.pick(STREETS)}`,
    landmark: random.chance(0.4) ? random.pick(LANDMARKS) : null,
    barangay_code: place.barangay_code,
    zip_code: null,
    is_default: i === 0,
    created_at,
    updated_at: created_at,
    deleted_at: null,
    ...(isDemo && i === 0 ? DEMO_HOME : {}),
  }));
  const [address] = addresses;
  if (address === undefined) throw new RangeError('a buyer needs an address');
  return { user, addresses, address, place: home };
}

const { id, label, street, landmark } = DEMO_ADDRESS;
const DEMO_HOME = { id, label, street, landmark };
