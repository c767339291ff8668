// Pesos on the wire, integer centavos inside; rounding is half up and happens once, here.
import Big from 'big.js';

export const MAX_PRICE_CENTAVOS = 99_999_999;
/** Of what adds prices up: a full cart of the dearest goods is within it. Fits a JSON number and an int8. */
export const MAX_TOTAL_CENTAVOS = 999_999_999_999_999;

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** `"120"`, `"120.5"` or `"120.50"` to 12000 or 12050 centavos. The schema has checked the form; anything else throws RangeError. */
export function parseMoney(text: string): number {
  return parseDecimal(text, 2);
}

/** 12050 centavos to `"120.50"`. */
export function formatMoney(centavos: number): string {
  return formatDecimal(centavos, 2);
}

/** Line total in centavos of a price per unit and a quantity in thousandths, half up. */
export function multiplyPrice(price_centavos: number, quantity_milli: number): number {
  return new Big(price_centavos)
    .times(quantity_milli)
    .div(1000)
    .round(0, Big.roundHalfUp)
    .toNumber();
}

/** `centavos * part / whole`, half up: commission by basis points, shares of a refund. */
export function portion(centavos: number, part: number, whole: number): number {
  return new Big(centavos).times(part).div(whole).round(0, Big.roundHalfUp).toNumber();
}

/**
 * A decimal string to an integer of 10^-places.
 * @throws RangeError where it is no decimal number, or does not fit exactly
 */
export function parseDecimal(text: string, places: number): number {
  if (!DECIMAL.test(text)) throw new RangeError(`"${text.slice(0, 32)}" is not a decimal number`);
  const scaled = new Big(text).times(10 ** places);
  const value = scaled.toNumber();
  if (!Number.isSafeInteger(value) || !scaled.eq(value)) {
    throw new RangeError(
      `"${text.slice(0, 32)}" has more than ${places} decimal places or is too large`,
    );
  }
  return value;
}

/**
 * An integer of 10^-places to a decimal string with exactly that many places.
 * @throws RangeError where a fraction got in: better no answer than a wrong price
 */
export function formatDecimal(value: number, places: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
  const digits = Math.abs(value)
    .toString()
    .padStart(places + 1, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
