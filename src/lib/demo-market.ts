// Fixed points of the demo market: what the seed always writes, and the examples in the documents speak of.

export const DEMO_PASSWORD = 'demo-Freshbytes-2026';

/** The moment at which the examples are written; a running server moves their days to its own. */
export const EXAMPLE_NOW = new Date('2026-03-02T02:00:00.000Z');

/** An id that is the same in every demo market, so that an example can be sent as it stands. */
export function demoId(number: number): string {
  return `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** Who can sign in, with DEMO_PASSWORD. */
export const DEMO_PEOPLE = {
  admin: {
    id: demoId(1),
    user_name: 'admin',
    user_email: 'admin@freshbytes.test',
    user_phone: '+639170000001',
    first_name: 'Amihan',
    last_name: 'Reyes',
  },
  seller: {
    id: demoId(2),
    user_name: 'seller',
    user_email: 'seller@freshbytes.test',
    user_phone: '+639170000002',
    first_name: 'Nena',
    last_name: 'Bautista',
  },
  customer: {
    id: demoId(3),
    user_name: 'customer',
    user_email: 'customer@freshbytes.test',
    user_phone: '+639170000003',
    first_name: 'Maria',
    last_name: 'Santos',
  },
} as const;

export const DEMO_EMAILS: readonly string[] = Object.values(DEMO_PEOPLE).map(
  ({ user_email }) => user_email,
);

export const DEMO_SELLER = {
  id: demoId(11),
  business_name: 'Gulayan ni Aling Nena',
  slug: 'gulayan-ni-aling-nena-000011',
  description: 'We harvest at dawn and pack on the same day.',
  street: 'Km. 5',
  barangay_code: '1401110008',
  barangay: 'Betag',
  city: 'La Trinidad',
  province: 'Benguet',
  region: 'Cordillera Administrative Region (CAR)',
  /** Where its goods come from. */
  origin: 'La Trinidad, Benguet',
} as const;

export const DEMO_CATEGORIES = {
  Vegetables: { id: demoId(21), slug: 'vegetables' },
  'Fruit Vegetables': { id: demoId(22), slug: 'fruit-vegetables' },
} as const;

/** The demo seller's newest products, the newest first. The promo is on all but the first. */
export const DEMO_PRODUCTS = [
  {
    id: demoId(31),
    name: 'Kamatis (Native Tomato)',
    slug: 'kamatis-native-tomato-000031',
    sku: 'KAM-001',
    price_centavos: 9_900,
  },
  {
    id: demoId(32),
    name: 'Pipino (Cucumber)',
    slug: 'pipino-cucumber-000032',
    sku: 'PIP-002',
    price_centavos: 6_000,
  },
] as const;

/** The latest harvest of the first of them. */
export const DEMO_LOT_ID = demoId(41);

export const DEMO_PROMO = { id: demoId(51), name: 'Suki Discount', percent: 15 } as const;

/** Where the demo customer has orders sent. */
export const DEMO_ADDRESS = {
  id: demoId(61),
  label: 'Bahay',
  street: '12 Mabini St.',
  landmark: 'beside the chapel',
  barangay_code: '1381300009',
  barangay: 'Bagong Pag-asa',
  city: 'Quezon City',
  region: 'National Capital Region (NCR)',
} as const;

/** The demo customer's newest order that the demo seller has not looked at yet, paid or cash. */
export const DEMO_ORDER = {
  id: demoId(71),
  seller_order_id: demoId(72),
  payment_id: demoId(73),
} as const;
