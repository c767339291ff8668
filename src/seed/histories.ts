// Plays a scenario through the rules: an order is drafted, and each step decided, as checkout and `changeOrder` would.
import type { Actor } from '../context.ts';
import { DEMO_ADDRESS } from '../lib/demo-market.ts';
import { draftOrder } from '../modules/orders/checkout/order-draft.rules.ts';
import type { Decide, OrderState } from '../modules/orders/decisions/effects.rules.ts';
import { decideRefund } from '../modules/orders/decisions/refund.rules.ts';
import { decideSettlement } from '../modules/orders/decisions/settlement.rules.ts';
import { decideCancellation, decideMove } from '../modules/orders/decisions/status.rules.ts';
import { lineTotals, type Mover } from '../modules/orders/orders.rules.ts';
import { changeOf, type OrderChange } from '../modules/orders/writing/change.rules.ts';
import { DEFAULTS, SCENARIOS, type ScenarioName, type Step } from './scenarios.ts';

/** What each seller order costs. */
export const TOTAL = 10_000;
/** When everything happens; the seed draws moments itself. */
export const MOMENT = new Date(0);
const SYSTEM: Actor = { kind: 'system' };
const CUSTOMER = 'customer';

export interface Case {
  readonly scenario: ScenarioName;
  readonly is_cash: boolean;
}

/** What one step came to. */
export interface Happening {
  /** 0 is the payment of a wallet; the moves of a seller order count from 1. */
  readonly step: number;
  /** The one that was moved; absent for the payment. */
  readonly seller_order_id?: string;
  readonly mover: Mover;
  readonly change: OrderChange;
}

export interface History {
  readonly placed: OrderState;
  readonly happenings: readonly Happening[];
  readonly end: OrderState;
}

/**
 * The history of an order of these sellers: the first one's seller order takes the steps of the scenario, all others
 * those that it has for others.
 * @throws Problem where the rules refuse a step
 */
export function historyOf(order: Case, seller_ids: readonly string[]): History {
  const placed = place(order, seller_ids);
  const happenings: Happening[] = [];
  let end = placed;
  const happen = (what: Omit<Happening, 'change'>, actor: Actor, decide: Decide) => {
    const circumstances = { actor, now: MOMENT, hours: DEFAULTS };
    const change = changeOf(end, decide(end, circumstances), circumstances);
    happenings.push({ ...what, change });
    end = change;
  };
  if (!order.is_cash && SCENARIOS[order.scenario].isPaid)
    happen({ step: 0, mover: 'system' }, SYSTEM, (state) => decideSettlement(state, 'PAID'));
  for (const [i, { id, seller_id }] of placed.sellerOrders.entries())
    for (const [done, step] of stepsOf(order.scenario, i === 0).entries()) {
      const { to, mover } = step;
      // Who cancels the order has cancelled the second seller order with the first.
      if (end.sellerOrders[i]?.order_status === to) continue;
      const what = { step: done + 1, seller_order_id: id, mover };
      happen(what, actorOf(mover, seller_id), decisionOf(step, id));
    }
  return { placed, happenings, end };
}

export function stepsOf(scenario: ScenarioName, isFirst: boolean): readonly Step[] {
  return SCENARIOS[isFirst ? scenario : (SCENARIOS[scenario].others ?? scenario)].steps;
}

function decisionOf({ to, mover, reason }: Step, seller_order_id: string): Decide {
  if (mover === 'system') return (state) => decideSettlement(state, 'EXPIRED');
  if (mover === 'customer')
    return (state, circumstances) => decideCancellation(state, circumstances, reason);
  if (to === 'REFUNDED')
    return (state) =>
      decideRefund(state, { amount_centavos: TOTAL, reason: reason ?? '', seller_order_id });
  return (state, circumstances) =>
    decideMove(state, circumstances, { order_status: to, reason, seller_order_id });
}

function actorOf(mover: Mover, seller_id: string): Actor {
  if (mover === 'system') return SYSTEM;
  return {
    kind: 'user',
    user_id: mover === 'customer' ? CUSTOMER : mover,
    session_id: '',
    role: mover,
    is_verified: true,
    has_mfa: mover === 'admin',
    proven_at: MOMENT,
    ...(mover === 'seller' ? { seller: { id: seller_id, status: 'VERIFIED' } } : {}),
  };
}

function place({ is_cash }: Case, seller_ids: readonly string[]): OrderState {
  const price = {
    list_price_centavos: TOTAL,
    unit_price_centavos: TOTAL,
    quantity_milli: 1_000,
  };
  const { order, sellerOrders, payment } = draftOrder(
    {
      now: MOMENT,
      config: DEFAULTS,
      wallet: {
        name: 'simulator',
        capabilities: { methods: ['GCASH'], partialRefunds: true },
      },
    },
    {
      user_id: CUSTOMER,
      input: { address_id: DEMO_ADDRESS.id, payment_method: is_cash ? 'COD' : 'GCASH' },
      returns: { return_url: null, cancel_url: null },
      address: {
        ...DEMO_ADDRESS,
        recipient_name: '',
        recipient_phone: '',
        province: null,
        zip_code: null,
      },
      sequence: 1,
      priced: seller_ids.map((seller_id) => ({
        ...price,
        ...lineTotals(price),
        product_id: seller_id,
        product_name: '',
        unit: 'kg',
        tax_class: 'VAT_EXEMPT',
        promo_id: null,
        seller_id,
        commission_bps: null,
        cash_collector: 'SELLER',
      })),
    },
  );
  return { order, sellerOrders, payment };
}
