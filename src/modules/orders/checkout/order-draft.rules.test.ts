import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineTotals } from '../orders.rules.ts';
import { type Draft, draftOrder, type Terms } from './order-draft.rules.ts';

const NOW = new Date('2026-12-31T17:00:00.000Z');
const TERMS: Terms = {
  now: NOW,
  config: {
    ORDER_CONFIRM_HOURS: 12,
    ORDER_SHIP_HOURS: 24,
    COMMISSION_BPS: 1_000,
    PAYMENT_EXPIRY_MINUTES: 15,
  },
  wallet: { name: 'simulator', capabilities: { methods: ['GCASH'], partialRefunds: true } },
};

const ADDRESS: Draft['address'] = {
  label: 'Home',
  recipient_name: 'Maria Santos',
  recipient_phone: '+639171234567',
  street: '1 Mabini',
  landmark: null,
  barangay_code: '137404001',
  barangay: 'Bahay Toro',
  city: 'Quezon City',
  province: null,
  region: 'NCR',
  zip_code: null,
};

function draft(
  lines: readonly { seller: number; unit_price_centavos: number; quantity_milli: number }[],
  payment_method: Draft['input']['payment_method'] = 'COD',
): Draft {
  return {
    user_id: 'customer',
    input: { address_id: 'address', payment_method },
    returns: { return_url: null, cancel_url: null },
    address: ADDRESS,
    sequence: 7,
    priced: lines.map(({ seller, ...price }, i) => {
      const line = { ...price, list_price_centavos: price.unit_price_centavos + 100 };
      return {
        id: `line-${i}`,
        product_id: `product-${i}`,
        product_name: 'Kamatis',
        unit: 'kg',
        tax_class: 'VAT_EXEMPT',
        promo_id: null,
        srp_centavos: null,
        seller_id: `seller-${seller}`,
        commission_bps: seller === 0 ? 500 : null,
        cash_collector: seller === 0 ? 'SELLER' : 'RIDER',
        is_on_sale: true,
        available_milli: 10_000,
        held_milli: 0,
        unpaid_orders: 0,
        unpaid_centavos: 0,
        is_known_customer: false,
        ...line,
        ...lineTotals(line),
      };
    }),
  };
}

const ONE = [{ seller: 0, unit_price_centavos: 9_900, quantity_milli: 1_500 }];

describe('the draft of an order', () => {
  it('has one seller order a seller, whose lines, totals and dues add up to the order and its payment', () => {
    const line = fc.record({
      seller: fc.nat({ max: 3 }),
      unit_price_centavos: fc.integer({ min: 0, max: 999_999 }),
      quantity_milli: fc.integer({ min: 1, max: 99_999 }),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const { order, sellerOrders, items, payment } = draftOrder(TERMS, draft(lines));
        expect(sellerOrders).toHaveLength(new Set(lines.map(({ seller }) => seller)).size);
        for (const { id, seller_id, total_centavos, due_centavos } of sellerOrders) {
          const own = items.filter(({ seller_order_id }) => seller_order_id === id);
          expect(own.every((item) => item.seller_id === seller_id)).toBe(true);
          expect(own.reduce((sum, item) => sum + item.line_total_centavos, 0)).toBe(total_centavos);
          expect(due_centavos).toBe(total_centavos);
        }
        const total_centavos = sellerOrders.reduce((sum, one) => sum + one.total_centavos, 0);
        expect(order.total_centavos).toBe(total_centavos);
        expect(payment.amount_centavos).toBe(total_centavos);
      }),
    );
  });

  it('is numbered in the year of the business, which begins earlier than that of UTC', () => {
    expect(draftOrder(TERMS, draft(ONE)).order.order_number).toBe('OID-2027-000007');
  });

  it('fixes the commission: the seller’s own rate, else that of the platform', () => {
    const [own, usual] = draftOrder(
      TERMS,
      draft([...ONE, { ...ONE[0], seller: 1, unit_price_centavos: 1, quantity_milli: 1 }]),
    ).sellerOrders;
    expect([own?.commission_bps, usual?.commission_bps]).toEqual([500, 1_000]);
  });

  it('fixes who takes the cash: as the seller has it, and nobody where a wallet pays', () => {
    const lines = [...ONE, { seller: 1, unit_price_centavos: 1, quantity_milli: 1 }];
    const collectors = (method: 'COD' | 'GCASH') =>
      draftOrder(TERMS, draft(lines, method)).sellerOrders.map((one) => one.cash_collector);
    expect([collectors('COD'), collectors('GCASH')]).toEqual([
      ['SELLER', 'RIDER'],
      [null, null],
    ]);
  });

  it('is the seller’s turn at once where cash is paid, and the customer’s where a wallet is', () => {
    const cash = draftOrder(TERMS, draft(ONE));
    const wallet = draftOrder(TERMS, draft(ONE, 'GCASH'));
    expect(cash.sellerOrders[0]?.due_at).toEqual(new Date('2027-01-01T05:00:00.000Z'));
    expect(cash.payment.expires_at).toBeNull();
    expect(wallet.sellerOrders[0]?.due_at).toBeNull();
    expect(wallet.payment.expires_at).toEqual(new Date('2026-12-31T17:15:00.000Z'));
  });

  it.each([
    ['no wallet is configured', { ...TERMS, wallet: undefined }, 'GCASH'],
    ['the wallet has no such method', TERMS, 'MAYA'],
  ] as const)('is refused where %s', (_which, terms, method) => {
    expect(() => draftOrder(terms, draft(ONE, method))).toThrow(
      expect.objectContaining({ kind: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }) }),
    );
  });
});
