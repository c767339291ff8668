// What the documents show of places: the barangay of the demo customer.
import { DEMO_ADDRESS } from '../../lib/demo-market.ts';

export const examples = {
  Place: {
    code: DEMO_ADDRESS.barangay_code,
    name: DEMO_ADDRESS.barangay,
    level: 'barangay',
    parent_code: '1381300000',
  },
} as const;
