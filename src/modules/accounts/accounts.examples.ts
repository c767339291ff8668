// What the documents show of accounts that admins change: the demo customer, who is written to in Filipino from now on.
import { DEMO_PEOPLE } from '../../lib/demo-market.ts';

const UserPatch = { language: 'fil' } as const;

export const examples = {
  UserPatch,
  ChangedUser: {
    ...DEMO_PEOPLE.customer,
    language: 'fil',
    role: 'customer',
    seller_id: null,
    pending_email: null,
    pending_phone: null,
    email_verified: true,
    phone_verified: true,
    mfa_enabled: false,
    is_active: true,
    terms_accepted: true,
    created_at: '2024-11-09T03:20:00.000Z',
    updated_at: '2026-03-02T01:50:00.000Z',
    open_seller_orders: null,
  },
} as const;
