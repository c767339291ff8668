// What the documents show of accounts that admins change: the demo customer, who is written to in Filipino from now on.
import { examples as users } from '../users/users.examples.ts';

const UserPatch = { language: 'fil' } as const;

export const examples = {
  UserPatch,
  ChangedUser: {
    ...users.User,
    ...UserPatch,
    updated_at: '2026-03-02T01:50:00.000Z',
    open_seller_orders: null,
  },
} as const;
