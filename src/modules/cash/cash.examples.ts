// What the documents show of cash sessions.
import { DEMO_ORDER, demoId } from '../../lib/demo-market.ts';

const CashSession = {
  id: demoId(91),
  rider_name: 'Ramon D.',
  status: 'OPEN',
  opened_at: '2026-03-02T01:30:00.000Z',
  closed_at: null,
  expected_amount: null,
  counted_amount: null,
  difference: null,
  explanation: null,
} as const;

export const examples = {
  CashSessionInput: { rider_name: 'Ramon D.' },
  CashCollection: { seller_order_ids: [demoId(92)] },
  CashCount: { counted_amount: '280.00', explanation: 'A customer was 20.00 short.' },
  CashSession,
  CashSessionDetail: { ...CashSession, orders: [] },
  UncollectedCash: {
    seller_order_id: demoId(92),
    order_id: DEMO_ORDER.id,
    order_number: 'OID-2026-000299',
    amount: '300.00',
    delivered_at: '2026-03-02T01:00:00.000Z',
  },
} as const;
