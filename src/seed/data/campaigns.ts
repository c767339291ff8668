// Promos that demo sellers run.
import { DEMO_PROMO } from '../../lib/demo-market.ts';
import type { DiscountType } from '../../modules/promos/promos.rules.ts';

export type Campaign = readonly [
  name: string,
  discount_type: DiscountType,
  /** Of a percent point or of a peso, by type. */
  discount_hundredths: number,
  /** Days from today, before it where negative. */
  starts_days: number,
  ends_days: number,
];

/** The first three run today, the next two are over, the last is announced. */
export const CAMPAIGNS: readonly Campaign[] = [
  ['Sulit Sale', 'PERCENTAGE', 1_000, -6, 15],
  ['Bagong Ani Promo', 'PERCENTAGE', 1_500, -2, 10],
  ['Five pesos off', 'FIXED', 500, -10, 20],
  ['Fiesta Sale', 'PERCENTAGE', 2_000, -60, -45],
  ['Payday Sale', 'PERCENTAGE', 1_200, -32, -27],
  ['Weekend Special', 'PERCENTAGE', 800, 3, 6],
];

export const DEMO_CAMPAIGN: Campaign = [
  DEMO_PROMO.name,
  'PERCENTAGE',
  DEMO_PROMO.percent * 100,
  -5,
  30,
];
