import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDecimal,
  formatMoney,
  MAX_PRICE_CENTAVOS,
  multiplyPrice,
  parseMoney,
  portion,
} from './money.ts';

const centavos = fc.integer({ min: 0, max: MAX_PRICE_CENTAVOS });
const milli = fc.integer({ min: 0, max: 99_999_999 });
const basisPoints = fc.integer({ min: 0, max: 10_000 });

/** Half up by whole-number arithmetic, which cannot err. */
function exactShare(value: number, part: number, whole: number): number {
  return Number((2n * BigInt(value) * BigInt(part) + BigInt(whole)) / (2n * BigInt(whole)));
}

describe('parseMoney', () => {
  it.each([
    ['0', 0],
    ['50', 5_000],
    ['120.5', 12_050],
    ['120.50', 12_050],
    ['0.01', 1],
    ['00.10', 10],
    ['0.29', 29],
    ['1.15', 115],
    ['8.95', 895],
    ['4.35', 435],
    ['999999.99', MAX_PRICE_CENTAVOS],
    ['-3.05', -305],
  ])('reads %j as %d centavos', (text, expected) => {
    expect(parseMoney(text)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    ' 1',
    '1 ',
    'abc',
    '1,000',
    '1.005',
    '0.001',
    '1e3',
    '1E-1',
    '.5',
    '5.',
    '+5',
    '--5',
    '0x10',
    '₱5',
    '1\n',
    'NaN',
    'Infinity',
    '٣',
    '90071992547409.92',
    '9'.repeat(10_000),
    '1e999999999',
  ])('refuses %j', (text) => {
    expect(() => parseMoney(text)).toThrow(RangeError);
  });

  it('names no more than the head of a text that it refuses', () => {
    expect(() => parseMoney('9'.repeat(10_000))).toThrow(/^.{1,120}$/);
  });
});

describe('formatMoney', () => {
  it.each([
    [0, '0.00'],
    [1, '0.01'],
    [10, '0.10'],
    [100, '1.00'],
    [12_050, '120.50'],
    [-5, '-0.05'],
    [-12_050, '-120.50'],
    [Number.MAX_SAFE_INTEGER, '90071992547409.91'],
  ])('writes %d centavos as %j', (value, expected) => {
    expect(formatMoney(value)).toBe(expected);
  });

  it.each([0.5, 1.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'refuses %d: centavos are whole',
    (value) => {
      expect(() => formatMoney(value)).toThrow(RangeError);
    },
  );

  it('is undone by parseMoney for every amount', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(parseMoney(formatMoney(value)) === value).toBe(true);
      }),
    );
  });

  it('undoes parseMoney for every price with two places', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999 }),
        fc.integer({ min: 0, max: 99 }),
        (pesos, cents) => {
          const text = `${pesos}.${String(cents).padStart(2, '0')}`;
          expect(formatMoney(parseMoney(text))).toBe(text);
        },
      ),
    );
  });

  it.each([1, 2, 3, 6])('always shows %d places', (places) => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(formatDecimal(value, places)).toMatch(new RegExp(`^-?\\d+\\.\\d{${places}}$`));
      }),
    );
  });
});

describe('multiplyPrice', () => {
  it.each([
    [12_000, 8_000, 96_000],
    [12_000, 8_125, 97_500],
    [1, 499, 0],
    [1, 500, 1],
    [1, 1_499, 1],
    [1, 1_500, 2],
    [333, 1, 0],
    [999, 1, 1],
    [115, 100, 12],
    [105, 1_100, 116],
    [MAX_PRICE_CENTAVOS, 99_999_999, 9_999_999_800_000],
  ])('prices %d centavos by %d thousandths at %d', (price, quantity, expected) => {
    expect(multiplyPrice(price, quantity)).toBe(expected);
  });

  it('rounds half up without ever a float error', () => {
    fc.assert(
      fc.property(centavos, milli, (price, quantity) => {
        expect(multiplyPrice(price, quantity)).toBe(exactShare(price, quantity, 1_000));
      }),
    );
  });

  it('never rounds whole units', () => {
    fc.assert(
      fc.property(centavos, fc.integer({ min: 0, max: 99_999 }), (price, units) => {
        expect(multiplyPrice(price, units * 1_000)).toBe(price * units);
      }),
    );
  });
});

describe('portion', () => {
  it.each([
    [10_000, 500, 10_000, 500],
    [1, 1, 2, 1],
    [1, 1, 3, 0],
    [2, 1, 3, 1],
    [999, 500, 10_000, 50],
    [1_010, 500, 10_000, 51],
    [0, 500, 10_000, 0],
    [Number.MAX_SAFE_INTEGER, 10_000, 10_000, Number.MAX_SAFE_INTEGER],
  ])('of %d, %d of %d is %d', (value, part, whole, expected) => {
    expect(portion(value, part, whole)).toBe(expected);
  });

  it('rounds half up without ever a float error', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), basisPoints, (value, part) => {
        expect(portion(value, part, 10_000)).toBe(exactShare(value, part, 10_000));
      }),
    );
  });

  it('never exceeds the whole and grows with the part', () => {
    fc.assert(
      fc.property(centavos, basisPoints, basisPoints, (value, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(portion(value, less, 10_000)).toBeLessThanOrEqual(portion(value, more, 10_000));
        expect(portion(value, more, 10_000)).toBeLessThanOrEqual(value);
      }),
    );
  });

  it('splits a sum into shares that miss it by less than half a centavo each', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1_000_000 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(centavos, weights, (value, parts) => {
        const whole = sum(parts);
        const shares = parts.map((part) => portion(value, part, whole));
        expect(Math.abs(sum(shares) - value)).toBeLessThanOrEqual(parts.length / 2);
      }),
    );
  });

  it('and what it leaves always add up', () => {
    fc.assert(
      fc.property(centavos, basisPoints, (value, part) => {
        const share = portion(value, part, 10_000);
        const rest = portion(value, 10_000 - part, 10_000);
        expect(share + rest - value).toBe((value * part) % 10_000 === 5_000 ? 1 : 0);
      }),
    );
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
