// What the documents show of sellers: the demo seller, and somebody who applies.
import { DEMO_PEOPLE, DEMO_SELLER } from '../../lib/demo-market.ts';

const { id, business_name, slug, description, street, barangay_code } = DEMO_SELLER;

const PublicSeller = {
  id,
  business_name,
  slug,
  description,
  barangay_code,
  status: 'VERIFIED',
  rating: 4.41,
  review_count: 34,
  product_count: 19,
  follower_count: 12,
  created_at: '2024-11-20T05:00:00.000Z',
} as const;

export const examples = {
  SellerApplication: {
    business_name: 'Hardin ni Ate Ligaya',
    business_phone: '0917 000 0003',
    description: 'Salad greens and herbs from two greenhouses.',
    street: 'Purok 3',
    barangay_code: '1401110013',
    zip_code: '2601',
    terms_accepted: true,
  },
  SellerPatch: { description: 'We harvest at dawn and deliver before noon.' },
  CashCollectorInput: { cash_collector: 'RIDER' },
  PublicSeller,
  Seller: {
    ...PublicSeller,
    user_id: DEMO_PEOPLE.seller.id,
    requested_name: null,
    business_phone: DEMO_PEOPLE.seller.user_phone,
    street,
    zip_code: null,
    cash_collector: 'SELLER',
    version: 1,
    updated_at: '2024-11-20T05:00:00.000Z',
  },
} as const;
