// What the documents show of balances, payouts and statements.
import { DEMO_ORDER, DEMO_SELLER, demoId } from '../../lib/demo-market.ts';

const Payout = {
  id: demoId(94),
  seller_id: DEMO_SELLER.id,
  status: 'STARTED',
  amount: '12345.50',
  rail: 'INSTAPAY',
  bank_code: 'BNORPHMM',
  account_ends_with: '6789',
  reference: null,
  reason: null,
  created_at: '2026-03-02T01:00:00.000Z',
  updated_at: '2026-03-02T01:30:00.000Z',
} as const;

const PayoutRun = {
  id: demoId(93),
  status: 'APPROVED',
  minimum_amount: '200.00',
  payout_count: 1,
  payout_total: '12345.50',
  created_by: demoId(1),
  created_at: '2026-03-02T01:00:00.000Z',
  decided_by: demoId(95),
  decided_at: '2026-03-02T01:20:00.000Z',
} as const;

export const examples = {
  SellerBalance: {
    pending: '1900.00',
    available: '12345.50',
    in_payout: '0.00',
    owed: '0.00',
  },
  PayoutDestinationInput: {
    bank_code: 'BNORPHMM',
    account_name: 'Nena Bautista',
    account_number: '001234506789',
  },
  PayoutDestination: {
    bank_code: 'BNORPHMM',
    account_name: 'Nena Bautista',
    account_ends_with: '6789',
    changed_at: '2026-02-20T02:00:00.000Z',
    held_until: '2026-02-21T02:00:00.000Z',
  },
  Payout,
  PayoutRun,
  PayoutRunDetail: { ...PayoutRun, payouts: [Payout] },
  PayoutEnd: { outcome: 'PAID', reference: 'IP-20260302-0001' },
  BankFile: {
    csv: 'rail,bank_code,account_number,account_name,amount,currency,reference\r\n',
  },
  Statement: {
    seller_id: DEMO_SELLER.id,
    month: '2026-02',
    is_closed: true,
    opening_balance: '0.00',
    closing_balance: '190.00',
    lines: [
      {
        booked_at: '2026-02-20T02:00:00.000Z',
        kind: 'SELLER_ORDER_DELIVERED',
        order_id: DEMO_ORDER.id,
        order_number: 'OID-2026-000299',
        payout_id: null,
        commission: '10.00',
        amount: '190.00',
      },
    ],
  },
} as const;
