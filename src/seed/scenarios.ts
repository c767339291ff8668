// What can become of a demo order, and how likely that is at its age.
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/time.ts';
import { DELIVERY_FAILED, type Mover, type OrderStatus } from '../modules/orders/orders.rules.ts';
import type { PaymentMethod } from '../modules/payments/payments.rules.ts';

export interface Step {
  readonly to: OrderStatus;
  readonly mover: Mover;
  /** Least and most time since the step before. */
  readonly hours: readonly [number, number];
  readonly reason?: string;
}

interface Scenario {
  readonly methods: Chances<PaymentMethod>;
  /** Whether a wallet payment succeeds. */
  readonly isPaid: boolean;
  readonly steps: readonly Step[];
  /** What happens to the seller orders of other sellers; the same without it. */
  readonly others?: ScenarioName;
}

/** Each with its weight. */
export type Chances<Value> = readonly (readonly [Value, number])[];

export type ScenarioName =
  | 'AWAITING_PAYMENT'
  | 'PAYMENT_EXPIRED'
  | 'NEW'
  | 'CONFIRMED'
  | 'SHIPPED'
  | 'DELIVERED'
  | 'CANCELLED_BY_CUSTOMER'
  | 'CANCELLED_BY_SELLER'
  | 'DELIVERY_FAILED'
  | 'REFUNDED';

/** As the settings of the API are by default. */
export const DEFAULTS = {
  COMMISSION_BPS: 500,
  PAYMENT_EXPIRY_MINUTES: 15,
  ORDER_CONFIRM_HOURS: 24,
  ORDER_SHIP_HOURS: 72,
};
const EXPIRY_HOURS = DEFAULTS.PAYMENT_EXPIRY_MINUTES / 60;

const WALLETS: Chances<PaymentMethod> = [
  ['GCASH', 7],
  ['MAYA', 3],
];
const ALL: Chances<PaymentMethod> = [...WALLETS, ['COD', 9]];

const CONFIRM: Step = { to: 'CONFIRMED', mover: 'seller', hours: [0.5, 8] };
const SHIP: Step = { to: 'SHIPPED', mover: 'seller', hours: [2, 14] };
const DELIVER: Step = { to: 'DELIVERED', mover: 'seller', hours: [3, 26] };
const cancel = (mover: Mover, reason: string, hours: Step['hours']): Step => ({
  to: 'CANCELLED',
  mover,
  reason,
  hours,
});
const EXPIRE = cancel('system', 'PAYMENT_EXPIRED', [EXPIRY_HOURS, EXPIRY_HOURS]);
const REJECT = cancel('seller', 'CANCELLED_BY_SELLER', [1, 6]);
const FAIL = cancel('seller', DELIVERY_FAILED, [4, 24]);
const REFUND: Step = {
  to: 'REFUNDED',
  mover: 'admin',
  hours: [5, 30],
  reason: 'Spoiled on arrival',
};

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  AWAITING_PAYMENT: { methods: WALLETS, isPaid: false, steps: [] },
  PAYMENT_EXPIRED: { methods: WALLETS, isPaid: false, steps: [EXPIRE] },
  NEW: { methods: ALL, isPaid: true, steps: [] },
  CONFIRMED: { methods: ALL, isPaid: true, steps: [CONFIRM], others: 'NEW' },
  SHIPPED: { methods: ALL, isPaid: true, steps: [CONFIRM, SHIP], others: 'CONFIRMED' },
  DELIVERED: { methods: ALL, isPaid: true, steps: [CONFIRM, SHIP, DELIVER] },
  CANCELLED_BY_CUSTOMER: {
    methods: ALL,
    isPaid: true,
    steps: [cancel('customer', 'CANCELLED_BY_CUSTOMER', [0.2, 4])],
  },
  CANCELLED_BY_SELLER: {
    methods: ALL,
    isPaid: true,
    steps: [CONFIRM, REJECT],
    others: 'DELIVERED',
  },
  DELIVERY_FAILED: {
    methods: ALL,
    isPaid: true,
    steps: [CONFIRM, SHIP, FAIL],
    others: 'DELIVERED',
  },
  REFUNDED: {
    methods: WALLETS,
    isPaid: true,
    steps: [CONFIRM, SHIP, DELIVER, REFUND],
    others: 'DELIVERED',
  },
};

interface Age {
  /** Below which these are the chances. */
  readonly until_ms: number;
  readonly chances: Chances<ScenarioName>;
}

/** The youngest first. Still new are only those of today: a COD order that nobody confirms within a day is cancelled. */
export const AGES: readonly Age[] = [
  {
    until_ms: 18 * HOUR_MS,
    chances: [
      ['NEW', 55],
      ['CONFIRMED', 38],
      ['CANCELLED_BY_CUSTOMER', 7],
    ],
  },
  {
    until_ms: 60 * HOUR_MS,
    chances: [
      ['CONFIRMED', 2],
      ['SHIPPED', 4],
      ['DELIVERED', 4],
    ],
  },
  {
    until_ms: 365 * DAY_MS,
    chances: [
      ['DELIVERED', 850],
      ['CANCELLED_BY_CUSTOMER', 45],
      ['PAYMENT_EXPIRED', 40],
      ['CANCELLED_BY_SELLER', 30],
      ['REFUNDED', 20],
      ['DELIVERY_FAILED', 15],
    ],
  },
];

/** What the demo seller has on the desk and in the past, so that every state can be seen; one has the ids of DEMO_ORDER. */
export const DEMO_ORDERS: readonly (readonly [ScenarioName, age_ms: number, 'named'?])[] = [
  ['AWAITING_PAYMENT', 2 * MINUTE_MS],
  ['NEW', 90 * MINUTE_MS, 'named'],
  ['NEW', 5 * HOUR_MS],
  ['CONFIRMED', 20 * HOUR_MS],
  ['SHIPPED', 40 * HOUR_MS],
  ['DELIVERED', 4 * DAY_MS],
  ['DELIVERED', 6 * DAY_MS],
  ['PAYMENT_EXPIRED', 8 * DAY_MS],
  ['DELIVERED', 9 * DAY_MS],
  ['CANCELLED_BY_CUSTOMER', 11 * DAY_MS],
  ['DELIVERED', 13 * DAY_MS],
  ['REFUNDED', 15 * DAY_MS],
  ['CANCELLED_BY_SELLER', 17 * DAY_MS],
  ['DELIVERED', 19 * DAY_MS],
  ['DELIVERY_FAILED', 22 * DAY_MS],
  ['DELIVERED', 26 * DAY_MS],
];
