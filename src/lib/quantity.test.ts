import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsUnit, formatQuantity, MAX_QUANTITY_MILLI, parseQuantity, UNITS } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['8', 8_000, '8.000'],
    ['8.1', 8_100, '8.100'],
    ['8.125', 8_125, '8.125'],
    ['0.001', 1, '0.001'],
    ['0.29', 290, '0.290'],
    ['99999.999', MAX_QUANTITY_MILLI, '99999.999'],
  ])('%j is %d thousandths and shown as %j', (text, quantity_milli, shown) => {
    expect(parseQuantity(text)).toBe(quantity_milli);
    expect(formatQuantity(quantity_milli)).toBe(shown);
  });

  it.each(['', '1.0005', '0.0001', '1e3', 'abc', '1,5', '.5', '1.'])('%j is refused', (text) => {
    expect(() => parseQuantity(text)).toThrow(RangeError);
  });

  it('survive being written and read', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (quantity_milli) => {
        expect(parseQuantity(formatQuantity(quantity_milli)) === quantity_milli).toBe(true);
      }),
    );
  });
});

describe('fitsUnit', () => {
  it.each(['kg', 'g'])('lets %s be bought in fractions', (unit) => {
    fc.assert(
      fc.property(fc.nat(MAX_QUANTITY_MILLI), (quantity_milli) => fitsUnit(quantity_milli, unit)),
    );
  });

  it.each(UNITS.filter((unit) => unit !== 'kg' && unit !== 'g'))('sells %s whole only', (unit) => {
    fc.assert(
      fc.property(fc.nat(99_998), fc.integer({ min: 1, max: 999 }), (whole, fraction) => {
        expect(fitsUnit(whole * 1_000, unit)).toBe(true);
        expect(fitsUnit(whole * 1_000 + fraction, unit)).toBe(false);
      }),
    );
  });
});
