// What must be true of the numbers and statuses in an answer, wherever in it they stand.
import { formatMoney, multiplyPrice, parseMoney } from '../../../src/lib/money.ts';
import { parseQuantity } from '../../../src/lib/quantity.ts';
import { daysLeft, freshnessOf } from '../../../src/modules/inventory/freshness.rules.ts';
import {
  canMove,
  type Mover,
  type OrderStatus,
  orderStatusOf,
} from '../../../src/modules/orders/orders.rules.ts';
import {
  type DiscountType,
  priceAfter,
  statusAt,
} from '../../../src/modules/promos/promos.rules.ts';

type Thing = Readonly<Record<string, unknown>>;
type Fault = string | false;

interface Rule {
  /** Members that make an object one that the rule is about. */
  readonly of: readonly string[];
  /** Words for what does not hold; nothing where all is well. */
  readonly faults: (thing: Thing, now: Date) => readonly Fault[];
}

const text = (thing: Thing, member: string) => String(thing[member]);
const moment = (thing: Thing, member: string) => new Date(text(thing, member));
const centavos = (thing: Thing, member: string) => parseMoney(text(thing, member));
const milli = (thing: Thing, member: string) => parseQuantity(text(thing, member));
const list = (thing: Thing, member: string) => thing[member] as readonly Thing[];
const sum = (things: readonly Thing[], measure: (thing: Thing) => number) =>
  things.reduce((total, thing) => total + measure(thing), 0);
const lineOf = (price: string) => (line: Thing) =>
  multiplyPrice(centavos(line, price), milli(line, 'quantity'));

/** A fault where the member is not this amount. */
function expectMoney(thing: Thing, member: string, right_centavos: number): Fault {
  const isRight = centavos(thing, member) === right_centavos;
  return !isRight && `${member} is ${text(thing, member)}, not ${formatMoney(right_centavos)}`;
}

const RULES: readonly Rule[] = [
  {
    of: ['unit_price', 'quantity', 'line_total'],
    faults: (line) => [expectMoney(line, 'line_total', lineOf('unit_price')(line))],
  },
  {
    of: ['list_price', 'unit_price'],
    faults: (line) => [
      centavos(line, 'unit_price') > centavos(line, 'list_price') && 'a promo makes it dearer',
    ],
  },
  {
    of: ['items', 'total_items', 'total_amount'],
    faults: (cart) => [
      cart['total_items'] !== list(cart, 'items').length && 'total_items',
      expectMoney(cart, 'total_amount', sum(list(cart, 'items'), lineOf('unit_price'))),
    ],
  },
  {
    of: ['subtotal', 'discount', 'total_amount'],
    faults: (order) => {
      const fee = 'delivery_fee' in order ? centavos(order, 'delivery_fee') : 0;
      const total = centavos(order, 'subtotal') - centavos(order, 'discount') + fee;
      return [expectMoney(order, 'total_amount', total)];
    },
  },
  { of: ['items', 'seller_orders', 'order_status'], faults: orderFaults },
  { of: ['amount', 'refunded_amount', 'payment_status'], faults: paymentFaults },
  {
    of: ['total_amount', 'refunded_amount'],
    faults: (order) => [
      centavos(order, 'refunded_amount') > centavos(order, 'total_amount') &&
        'more refunded than it cost',
    ],
  },
  {
    of: ['price', 'current_price', 'promo'],
    faults: (product) => [expectMoney(product, 'current_price', reducedPrice(product))],
  },
  { of: ['harvested_at', 'expires_at', 'quantity_on_hand'], faults: lotFaults },
  {
    of: ['harvested_at', 'shelf_life_days', 'days_left'],
    faults: (product, now) => {
      const expires_at = moment(product, 'harvested_at');
      expires_at.setUTCDate(expires_at.getUTCDate() + Number(product['shelf_life_days']));
      return [daysLeft(expires_at, now) !== product['days_left'] && 'days_left'];
    },
  },
  {
    of: ['starts_at', 'ends_at', 'status'],
    faults: (promo, now) => {
      const [starts_at, ends_at] = [moment(promo, 'starts_at'), moment(promo, 'ends_at')];
      const status = statusAt(now, { starts_at, ends_at, is_active: promo['is_active'] === true });
      return [status !== promo['status'] && `status: it is ${status}`];
    },
  },
  {
    of: ['from_status', 'to_status', 'actor_role'],
    faults: (event) => {
      const [from, to] = [event['from_status'] as OrderStatus, event['to_status'] as OrderStatus];
      const isPossible = canMove({ from, to, mover: event['actor_role'] as Mover });
      return [!isPossible && `nobody leads from ${from} to ${to}`];
    },
  },
  {
    of: ['created_at', 'updated_at'],
    faults: (thing) => [
      moment(thing, 'updated_at') < moment(thing, 'created_at') && 'changed before it was made',
    ],
  },
  {
    of: ['verification_status', 'email_verified', 'phone_verified'],
    faults: (user) => [
      (user['verification_status'] === 'VERIFIED') !==
        (user['email_verified'] === true || user['phone_verified'] === true) &&
        'verification_status',
    ],
  },
];

function orderFaults(order: Thing): readonly Fault[] {
  const [items, sellerOrders] = [list(order, 'items'), list(order, 'seller_orders')];
  const ofSellerOrders = (member: string) => sum(sellerOrders, (one) => centavos(one, member));
  const status = orderStatusOf(sellerOrders.map((one) => one['order_status'] as OrderStatus));
  const isDelivered = status === 'DELIVERED' || status === 'REFUNDED';
  return [
    expectMoney(order, 'subtotal', ofSellerOrders('subtotal')),
    expectMoney(order, 'subtotal', sum(items, lineOf('list_price'))),
    expectMoney(order, 'discount', ofSellerOrders('discount')),
    sum(items, lineOf('unit_price')) !== ofSellerOrders('total_amount') &&
      'items and seller orders are of different worth',
    order['order_status'] !== status && `order_status: its seller orders say ${status}`,
    isDelivered && order['payment_status'] === 'PENDING' && 'delivered, and nothing paid',
  ];
}

function paymentFaults(payment: Thing): readonly Fault[] {
  const [paid, refunded] = [centavos(payment, 'amount'), centavos(payment, 'refunded_amount')];
  const status = text(payment, 'payment_status');
  const isDue = status === 'PENDING' && payment['payment_method'] !== 'COD';
  return [
    refunded > paid && 'more refunded than paid',
    refunded > 0 && !status.includes('REFUNDED') && `${status}, and refunded`,
    status === 'REFUNDED' && refunded < paid && 'REFUNDED in part',
    status === 'PARTIALLY_REFUNDED' && refunded % paid === 0 && 'not refunded in part',
    !isDue && payment['checkout_url'] !== null && 'nothing is due, and it can be paid',
  ];
}

function lotFaults(lot: Thing, now: Date): readonly Fault[] {
  const life = {
    harvested_at: moment(lot, 'harvested_at'),
    expires_at: moment(lot, 'expires_at'),
  };
  return [
    daysLeft(life.expires_at, now) !== lot['days_left'] && 'days_left',
    freshnessOf(life, now) !== lot['freshness'] && 'freshness',
    milli(lot, 'quantity_reserved') > milli(lot, 'quantity_on_hand') && 'more reserved than there',
    milli(lot, 'quantity_on_hand') > milli(lot, 'quantity') && 'more there than came',
  ];
}

function reducedPrice(product: Thing): number {
  const price_centavos = centavos(product, 'price');
  if (product['promo'] === null) return price_centavos;
  const promo = product['promo'] as Thing;
  const discount_type = promo['discount_type'] as DiscountType;
  return priceAfter(price_centavos, {
    discount_type,
    discount_hundredths: centavos(promo, 'discount_value'),
  });
}

/** All that is wrong with an answer and everything in it. `now` is the moment at which it was given. */
export function faultsOf(value: unknown, now: Date): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => faultsOf(item, now));
  if (typeof value !== 'object' || value === null) return [];
  const thing = value as Thing;
  const own = RULES.filter(({ of }) => of.every((member) => member in thing)).flatMap((rule) =>
    rule.faults(thing, now).filter((fault) => fault !== false),
  );
  return [...own, ...Object.values(thing).flatMap((child) => faultsOf(child, now))];
}
