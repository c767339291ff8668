// Pure decisions about promos: what one takes off a price, which one a customer gets, and whether it runs.
import { portion } from '../../lib/money.ts';

export const DISCOUNT_TYPES = ['PERCENTAGE', 'FIXED'] as const;
export type DiscountType = (typeof DISCOUNT_TYPES)[number];

export const PROMO_STATUSES = ['scheduled', 'active', 'ended', 'inactive'] as const;
export type PromoStatus = (typeof PROMO_STATUSES)[number];

/** 1 % and 100 %. */
export const MIN_PERCENTAGE_HUNDREDTHS = 100;
export const MAX_PERCENTAGE_HUNDREDTHS = 10_000;

export interface Discount {
  readonly discount_type: DiscountType;
  /** Hundredths of a percent point or of a peso, by type. */
  readonly discount_hundredths: number;
}

export interface Period {
  readonly starts_at: Date;
  readonly ends_at: Date;
}

/** Price in centavos after a promo, rounded half up, never negative; SQL's `promo_price` says the same. */
export function priceAfter(price_centavos: number, discount: Discount): number {
  const { discount_type, discount_hundredths } = discount;
  if (discount_type === 'FIXED') return Math.max(0, price_centavos - discount_hundredths);
  return portion(
    price_centavos,
    MAX_PERCENTAGE_HUNDREDTHS - discount_hundredths,
    MAX_PERCENTAGE_HUNDREDTHS,
  );
}

/** The promo that leaves the customer the lowest price; of equals the one with the lowest id, as in `product_listing`. */
export function bestPromo<Promo extends Discount & { readonly id: string }>(
  price_centavos: number,
  promos: readonly Promo[],
): Promo | undefined {
  return promos.toSorted(
    (a, b) =>
      priceAfter(price_centavos, a) - priceAfter(price_centavos, b) || (a.id < b.id ? -1 : 1),
  )[0];
}

/** Whether a promo of this type may have this value. */
export function isDiscountAllowed({ discount_type, discount_hundredths }: Discount): boolean {
  if (discount_type === 'FIXED') return discount_hundredths > 0;
  return (
    discount_hundredths >= MIN_PERCENTAGE_HUNDREDTHS &&
    discount_hundredths <= MAX_PERCENTAGE_HUNDREDTHS
  );
}

/** A promo runs from its start up to, but not at, its end. */
export function statusAt(
  moment: Date,
  promo: Period & { readonly is_active: boolean },
): PromoStatus {
  if (!promo.is_active) return 'inactive';
  if (moment < promo.starts_at) return 'scheduled';
  return moment < promo.ends_at ? 'active' : 'ended';
}
