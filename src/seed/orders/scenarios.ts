// What can become of a demo order, and how likely that is at its age.
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/time.ts';
import {
  DELIVERY_FAILED,
  type Mover,
  type OrderStatus,
} from '../../modules/orders/orders.rules.ts';
import type { PaymentMethod } from '../../modules/payments/payments.rules.ts';
import type { Random } from '../random.ts';

export interface Step {
  readonly to: OrderStatus;
  readonly mover: Mover;
  /** Least and most time since the step before. */
  readonly hours: readonly [number, number];
  readonly reason?: string;
}

export interface Scenario {
  readonly methods: readonly (readonly [PaymentMethod, number])[];
  /** Whether a wallet payment succeeds. */
  readonly isPaid: boolean;
  readonly steps: readonly Step[];
  /** What happens to the parts of other sellers; the same without it. */
  readonly others?: ScenarioName;
}

export type ScenarioName =
  | 'AWAITING_PAYMENT'
  | 'PAYMENT_EXPIRED'
  | 'NEW'
  | 'CONFIRMED'
  | 'SHIPPED'
  | 'DELIVERED'
  | 'CANCELLED_BY_BUYER'
  | 'CANCELLED_BY_SELLER'
  | 'DELIVERY_FAILED'
  | 'REFUNDED';

/** Minutes that a wallet order holds its stock unpaid; the default of the API. */
export const PAYMENT_EXPIRY_MINUTES = 15;

const WALLETS = [
  ['GCASH', 7],
  ['MAYA', 3],
] as const;
const ALL_METHODS = [...WALLETS, ['COD', 9]] as const;

const CONFIRM: Step = { to: 'CONFIRMED', mover: 'seller', hours: [0.5, 8] };
const SHIP: Step = { to: 'SHIPPED', mover: 'seller', hours: [2, 14] };
const DELIVER: Step = { to: 'DELIVERED', mover: 'seller', hours: [3, 26] };

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  AWAITING_PAYMENT: { methods: WALLETS, isPaid: false, steps: [] },
  PAYMENT_EXPIRED: {
    methods: WALLETS,
    isPaid: false,
    steps: [
      {
        to: 'CANCELLED',
        mover: 'system',
        hours: [PAYMENT_EXPIRY_MINUTES / 60, PAYMENT_EXPIRY_MINUTES / 60],
        reason: 'PAYMENT_EXPIRED',
      },
    ],
  },
  NEW: { methods: ALL_METHODS, isPaid: true, steps: [] },
  CONFIRMED: { methods: ALL_METHODS, isPaid: true, steps: [CONFIRM], others: 'NEW' },
  SHIPPED: { methods: ALL_METHODS, isPaid: true, steps: [CONFIRM, SHIP], others: 'CONFIRMED' },
  DELIVERED: { methods: ALL_METHODS, isPaid: true, steps: [CONFIRM, SHIP, DELIVER] },
  CANCELLED_BY_BUYER: {
    methods: ALL_METHODS,
    isPaid: true,
    steps: [{ to: 'CANCELLED', mover: 'customer', hours: [0.2, 4], reason: 'CANCELLED_BY_BUYER' }],
  },
  CANCELLED_BY_SELLER: {
    methods: ALL_METHODS,
    isPaid: true,
    steps: [
      CONFIRM,
      { to: 'CANCELLED', mover: 'seller', hours: [1, 6], reason: 'CANCELLED_BY_SELLER' },
    ],
    others: 'DELIVERED',
  },
  DELIVERY_FAILED: {
    methods: ALL_METHODS,
    isPaid: true,
    steps: [
      CONFIRM,
      SHIP,
      { to: 'CANCELLED', mover: 'seller', hours: [4, 24], reason: DELIVERY_FAILED },
    ],
    others: 'DELIVERED',
  },
  REFUNDED: {
    methods: WALLETS,
    isPaid: true,
    steps: [
      CONFIRM,
      SHIP,
      DELIVER,
      { to: 'REFUNDED', mover: 'admin', hours: [5, 30], reason: 'Spoiled on arrival' },
    ],
    others: 'DELIVERED',
  },
};

type Chances = readonly (readonly [ScenarioName, number])[];

/** Still new: a COD part that nobody confirms within a day is cancelled. */
const TODAY_MS = 18 * HOUR_MS;
const TODAY: Chances = [
  ['NEW', 55],
  ['CONFIRMED', 38],
  ['CANCELLED_BY_BUYER', 7],
];
const LATELY_MS = 60 * HOUR_MS;
const LATELY: Chances = [
  ['CONFIRMED', 2],
  ['SHIPPED', 4],
  ['DELIVERED', 4],
];
const PAST: Chances = [
  ['DELIVERED', 850],
  ['CANCELLED_BY_BUYER', 45],
  ['PAYMENT_EXPIRED', 40],
  ['CANCELLED_BY_SELLER', 30],
  ['REFUNDED', 20],
  ['DELIVERY_FAILED', 15],
];

export function likelyScenario(random: Random, age_ms: number): ScenarioName {
  return random.weighted(age_ms < TODAY_MS ? TODAY : age_ms < LATELY_MS ? LATELY : PAST);
}

export interface DemoOrder {
  readonly scenario: ScenarioName;
  readonly age_ms: number;
  /** Whether the demo customer's has the ids of DEMO_ORDER. */
  readonly isNamed?: boolean;
}

/** What the demo seller has on the desk and in the past, so that every state can be seen. */
export const DEMO_ORDERS: readonly DemoOrder[] = [
  { scenario: 'AWAITING_PAYMENT', age_ms: 2 * MINUTE_MS },
  { scenario: 'NEW', age_ms: 90 * MINUTE_MS, isNamed: true },
  { scenario: 'NEW', age_ms: 5 * HOUR_MS },
  { scenario: 'CONFIRMED', age_ms: 20 * HOUR_MS },
  { scenario: 'SHIPPED', age_ms: 40 * HOUR_MS },
  { scenario: 'DELIVERED', age_ms: 4 * DAY_MS },
  { scenario: 'DELIVERED', age_ms: 6 * DAY_MS },
  { scenario: 'PAYMENT_EXPIRED', age_ms: 8 * DAY_MS },
  { scenario: 'DELIVERED', age_ms: 9 * DAY_MS },
  { scenario: 'CANCELLED_BY_BUYER', age_ms: 11 * DAY_MS },
  { scenario: 'DELIVERED', age_ms: 13 * DAY_MS },
  { scenario: 'REFUNDED', age_ms: 15 * DAY_MS },
  { scenario: 'CANCELLED_BY_SELLER', age_ms: 17 * DAY_MS },
  { scenario: 'DELIVERED', age_ms: 19 * DAY_MS },
  { scenario: 'DELIVERY_FAILED', age_ms: 22 * DAY_MS },
  { scenario: 'DELIVERED', age_ms: 26 * DAY_MS },
];
