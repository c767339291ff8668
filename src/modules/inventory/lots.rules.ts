// Pure decisions about lots: when one may be received, when it expires, and how far it may be adjusted.
import { invalidField } from '../../lib/problem.ts';
import { fitsUnit } from '../../lib/quantity.ts';
import { DAY_MS, MINUTE_MS, plusMs } from '../../lib/time.ts';
import type { ShelfLife } from './freshness.rules.ts';

/** A phone's clock may be ahead of ours by this much. */
const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS;
const MAX_LOT_LIFE_DAYS = 3_650;

/**
 * Harvest and expiry of a new lot; `expires_at` is harvest plus shelf life unless given.
 * @throws Problem VALIDATION_ERROR
 */
export function lotLife(
  given: { readonly harvested_at: Date; readonly expires_at?: Date | undefined },
  shelf_life_days: number,
  now: Date,
): ShelfLife {
  const { harvested_at } = given;
  if (harvested_at > plusMs(now, CLOCK_TOLERANCE_MS)) {
    throw invalidField('/harvested_at', 'must not lie in the future');
  }
  const expires_at = given.expires_at ?? plusMs(harvested_at, shelf_life_days * DAY_MS);
  if (expires_at <= harvested_at)
    throw invalidField('/expires_at', 'must be later than harvested_at');
  if (expires_at > plusMs(harvested_at, MAX_LOT_LIFE_DAYS * DAY_MS)) {
    throw invalidField('/expires_at', `must be within ${MAX_LOT_LIFE_DAYS} days of harvested_at`);
  }
  return { harvested_at, expires_at };
}

/** @throws Problem VALIDATION_ERROR at `pointer` where the unit is not divisible and the quantity is not whole */
export function requireFit(quantity_milli: number, unit: string, pointer: string): void {
  if (!fitsUnit(quantity_milli, unit))
    throw invalidField(pointer, `must be a whole number: the unit is "${unit}"`);
}

interface LotStock {
  readonly on_hand_milli: number;
  readonly reserved_milli: number;
}

/** What may be taken from a lot without touching what is reserved for orders. */
export function freeOf({ on_hand_milli, reserved_milli }: LotStock): number {
  return on_hand_milli - reserved_milli;
}
