// A demo order before it is rows: who bought what of whom, at which prices, and what became of it when.
import type { DEMO_ORDER } from '../../lib/demo-market.ts';
import { businessYear, HOUR_MS, MINUTE_MS, plusMs } from '../../lib/time.ts';
import {
  isOpen,
  lineTotals,
  type Mover,
  type OrderStatus,
  orderNumber,
  orderStatusOf,
  totalsOf,
} from '../../modules/orders/orders.rules.ts';
import type { PaymentMethod } from '../../modules/payments/payments.rules.ts';
import { bestPromo, priceAfter, statusAt } from '../../modules/promos/promos.rules.ts';
import type { Buyer } from '../people.ts';
import type { Product } from '../products.ts';
import type { Random } from '../random.ts';
import type { Seeding } from '../seeding.ts';
import type { Seller } from '../sellers.ts';
import type { Lot } from '../stock.ts';
import { PAYMENT_EXPIRY_MINUTES, SCENARIOS, type ScenarioName, type Step } from './scenarios.ts';

/** Commission of sellers without a rate of their own; the default of the API. */
const COMMISSION_BPS = 500;

/** What was put into the cart, with the stock that fills it. */
export interface Chosen {
  readonly product: Product;
  readonly quantity_milli: number;
  readonly taken: readonly { readonly lot: Lot; readonly quantity_milli: number }[];
}

export interface Line extends Chosen {
  readonly id: string;
  readonly list_price_centavos: number;
  readonly unit_price_centavos: number;
  readonly subtotal_centavos: number;
  readonly line_total_centavos: number;
  readonly promo_id: string | null;
}

export interface Move {
  readonly from: OrderStatus;
  readonly to: OrderStatus;
  readonly mover: Mover;
  readonly reason: string | null;
  readonly at: Date;
}

export interface Part {
  readonly id: string;
  readonly order_id: string;
  readonly seller_id: string;
  readonly seller: Seller;
  readonly commission_bps: number;
  readonly lines: readonly Line[];
  readonly subtotal_centavos: number;
  readonly discount_centavos: number;
  readonly total_centavos: number;
  readonly status: OrderStatus;
  readonly moves: readonly Move[];
}

export interface OrderDraft {
  readonly id: string;
  readonly payment_id: string;
  readonly order_number: string;
  readonly buyer: Buyer;
  readonly placed_at: Date;
  readonly status: OrderStatus;
  readonly parts: readonly Part[];
  readonly method: PaymentMethod;
  /** For wallets: when the payment succeeded. Cash comes with each delivery. */
  readonly paid_at: Date | null;
  readonly expires_at: Date | null;
}

export interface OrderPlan {
  readonly scenario: ScenarioName;
  readonly placed_at: Date;
  readonly buyer: Buyer;
  /** Whose goods must be in it. */
  readonly seller?: Seller;
  /** Those of the demo order. */
  readonly ids?: typeof DEMO_ORDER;
}

export function draftOrder(
  seeding: Seeding,
  plan: OrderPlan,
  contents: { chosen: readonly Chosen[]; sequence: number },
): OrderDraft {
  const { random, now } = seeding;
  const { placed_at, buyer } = plan;
  const scenario = SCENARIOS[plan.scenario];
  const id = plan.ids?.id ?? random.id(placed_at);
  const method = random.weighted(scenario.methods);
  const isWallet = method !== 'COD';
  const paid_at =
    isWallet && scenario.isPaid
      ? plusMs(placed_at, random.integer(MINUTE_MS, 9 * MINUTE_MS))
      : null;
  const bySeller = [...Map.groupBy(contents.chosen, ({ product }) => product.seller)];
  const parts = bySeller.map(([seller, goods], i) => {
    const own = i === 0 ? scenario : SCENARIOS[scenario.others ?? plan.scenario];
    const moves = timeline(random, own.steps, { from: paid_at ?? placed_at, now });
    const lines = goods.map((line) => priceLine(random, line, placed_at));
    return {
      id: (i === 0 ? plan.ids?.seller_order_id : undefined) ?? random.id(placed_at),
      order_id: id,
      seller_id: seller.row.id,
      seller,
      commission_bps: seller.row.commission_bps ?? COMMISSION_BPS,
      lines,
      ...totalsOf(lines),
      status: moves.at(-1)?.to ?? 'PENDING',
      moves,
    };
  });
  return {
    id,
    payment_id: plan.ids?.payment_id ?? random.id(placed_at),
    order_number: orderNumber(businessYear(placed_at), contents.sequence),
    buyer,
    placed_at,
    status: orderStatusOf(parts.map((part) => part.status)),
    parts,
    method,
    paid_at,
    expires_at: isWallet ? plusMs(placed_at, PAYMENT_EXPIRY_MINUTES * MINUTE_MS) : null,
  };
}

/** Where the last step of a scenario leaves a part open, it still holds its stock today. */
export function endsOpen(scenario: ScenarioName): boolean {
  return isOpen(SCENARIOS[scenario].steps.at(-1)?.to ?? 'PENDING');
}

/** The price that a buyer saw at that moment. */
function priceLine(random: Random, chosen: Chosen, at: Date): Line {
  const { product, quantity_milli } = chosen;
  const list_price_centavos = product.row.price_centavos;
  const promo = bestPromo(
    list_price_centavos,
    product.promos.filter((candidate) => statusAt(at, candidate) === 'active'),
  );
  const unit_price_centavos =
    promo === undefined ? list_price_centavos : priceAfter(list_price_centavos, promo);
  const price = { list_price_centavos, unit_price_centavos };
  return {
    ...chosen,
    ...price,
    ...lineTotals({ ...price, quantity_milli }),
    id: random.id(at),
    promo_id: promo?.id ?? null,
  };
}

/** Steps at random distances, pressed together where they would reach beyond today. */
function timeline(random: Random, steps: readonly Step[], span: { from: Date; now: Date }): Move[] {
  const distances_ms = steps.map(
    ({ hours: [least, most] }) => (least + random.fraction() * (most - least)) * HOUR_MS,
  );
  const whole_ms = distances_ms.reduce((sum, distance_ms) => sum + distance_ms, 0);
  const room_ms = span.now.getTime() - span.from.getTime();
  const scale = Math.min(1, (0.9 * room_ms) / Math.max(whole_ms, 1));
  let at = span.from;
  let from: OrderStatus = 'PENDING';
  return steps.map((step, i) => {
    at = plusMs(at, Math.round((distances_ms[i] ?? 0) * scale));
    const move = { from, to: step.to, mover: step.mover, reason: step.reason ?? null, at };
    from = step.to;
    return move;
  });
}
