// What the documents show of payments: that of the demo order, which waits for its wallet.
import { DEMO_ORDER } from '../../lib/demo-market.ts';

export const examples = {
  Payment: {
    id: DEMO_ORDER.payment_id,
    order_id: DEMO_ORDER.id,
    payment_method: 'GCASH',
    payment_status: 'PENDING',
    amount: '250.50',
    refunded_amount: '0.00',
    currency: 'PHP',
    checkout_url: `https://api.freshbytes.test/pay/${DEMO_ORDER.payment_id}/2kX9vQ7mTz4bLr8nWc5yHd`,
    expires_at: '2026-03-02T02:05:00.000Z',
    created_at: '2026-03-02T01:50:00.000Z',
    updated_at: '2026-03-02T01:50:00.000Z',
  },
  RefundInput: { amount: '50.00', reason: 'Some pieces were bruised' },
  /** As the simulator sends it; the signature is in its header. */
  ProviderEvent: {
    event_id: 'sim_event_01900000-0000-7000-8000-000000000096',
    reference: 'sim_01900000-0000-7000-8000-000000000097',
    outcome: 'PAID',
  },
} as const;
