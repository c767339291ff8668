// Quantities: decimal strings in the product's unit on the wire, integer thousandths inside.
import { formatDecimal, parseDecimal } from './money.ts';

export const MAX_QUANTITY_MILLI = 99_999_999;

export const UNITS = ['kg', 'g', 'piece', 'bundle', 'pack', 'tray', 'sack'] as const;
export type Unit = (typeof UNITS)[number];

const DIVISIBLE: ReadonlySet<string> = new Set<Unit>(['kg', 'g']);

/** `"8"` or `"8.125"` to 8000 or 8125 thousandths. */
export function parseQuantity(text: string): number {
  return parseDecimal(text, 3);
}

/** 8000 thousandths to `"8.000"`. */
export function formatQuantity(quantity_milli: number): string {
  return formatDecimal(quantity_milli, 3);
}

/** Only what is weighed can be bought in fractions. */
export function fitsUnit(quantity_milli: number, unit: string): boolean {
  return DIVISIBLE.has(unit) || quantity_milli % 1000 === 0;
}
