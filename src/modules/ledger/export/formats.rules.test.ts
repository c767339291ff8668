import { describe, expect, it } from 'vitest';
import { accountName } from './account-names.rules.ts';
import { EXPORT_WRITERS, type ExportedEntry } from './formats.rules.ts';

const SELLER = '019cae1b-6b3c-7c6e-9a56-0f6f3a1c2d3e';
const DELIVERED: ExportedEntry = {
  id: '019cae1c-0000-7000-8000-000000000001',
  kind: 'SELLER_ORDER_DELIVERED',
  date: '2026-03-02',
  time: '2026-03-01T16:00:00.000Z',
  order_number: 'OID-2026-000001',
  seller_order_id: '019cae1c-0000-7000-8000-000000000002',
  lines: [
    { account: 'ORDER_LIABILITY', party: SELLER, centavos: 10_005 },
    { account: 'SELLER_PAYABLE', party: SELLER, centavos: -9_505 },
    { account: 'COMMISSION_REVENUE', party: null, centavos: -500 },
  ],
};

describe('an entry', () => {
  it('is a transaction of hledger', () => {
    expect(EXPORT_WRITERS.hledger.entry(DELIVERED)).toBe(`
2026-03-02 * (OID-2026-000001) SELLER_ORDER_DELIVERED
    ; entry: 019cae1c-0000-7000-8000-000000000001
    ; kind: SELLER_ORDER_DELIVERED
    ; time: 2026-03-01T16:00:00.000Z
    ; order: OID-2026-000001
    ; seller_order: 019cae1c-0000-7000-8000-000000000002
    Liabilities:OrderLiability:${SELLER}  100.05 PHP
    Liabilities:SellerPayable:${SELLER}  -95.05 PHP
    Income:CommissionRevenue  -5.00 PHP
`);
  });

  it('is a transaction of beancount', () => {
    expect(EXPORT_WRITERS.beancount.entry(DELIVERED)).toBe(`
2026-03-02 * "OID-2026-000001" "SELLER_ORDER_DELIVERED"
  entry: "019cae1c-0000-7000-8000-000000000001"
  kind: "SELLER_ORDER_DELIVERED"
  time: "2026-03-01T16:00:00.000Z"
  order: "OID-2026-000001"
  seller_order: "019cae1c-0000-7000-8000-000000000002"
    Liabilities:OrderLiability:${SELLER}  100.05 PHP
    Liabilities:SellerPayable:${SELLER}  -95.05 PHP
    Income:CommissionRevenue  -5.00 PHP
`);
  });

  it('of no order says nothing of one', () => {
    const entry = { ...DELIVERED, order_number: null, seller_order_id: null };
    expect(EXPORT_WRITERS.hledger.entry(entry)).toMatch(
      /^\n2026-03-02 \* SELLER_ORDER_DELIVERED\n/,
    );
    expect(EXPORT_WRITERS.beancount.entry(entry)).toMatch(
      /^\n2026-03-02 \* "SELLER_ORDER_DELIVERED"\n/,
    );
    for (const { entry: write } of Object.values(EXPORT_WRITERS))
      expect(write(entry)).not.toContain('order:');
  });
});

describe('the name of an account', () => {
  it.each([
    [null, 'Liabilities:SellerPayable'],
    [SELLER, `Liabilities:SellerPayable:${SELLER}`],
    [
      'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      'Liabilities:SellerPayable:F47ac10b-58cc-4372-a567-0e02b2c3d479',
    ],
    ['pay mongo:x', 'Liabilities:SellerPayable:Pay-mongo-x'],
  ])('of the part of %s is one that both programs accept', (party, name) => {
    expect(accountName('SELLER_PAYABLE', party)).toBe(name);
  });
});
