// What somebody may try next with an order: mostly what makes sense, sometimes what does not.
import {
  isOpen,
  type Life,
  type Part,
  refundable,
  type Status,
  type Step,
  type Who,
} from './model.ts';
import type { Random } from './random.ts';

const STATUSES: readonly [Status, ...Status[]] = [
  'PENDING',
  'CONFIRMED',
  'SHIPPED',
  'DELIVERED',
  'CANCELLED',
  'REFUNDED',
];
const FORWARD: Readonly<Record<Status, Status>> = {
  PENDING: 'CONFIRMED',
  CONFIRMED: 'SHIPPED',
  SHIPPED: 'DELIVERED',
  DELIVERED: 'REFUNDED',
  CANCELLED: 'CONFIRMED',
  REFUNDED: 'CANCELLED',
};

export function nextStep(random: Random, life: Life): Step {
  if (life.method === 'WALLET' && random.oneIn(life.payment === 'PAID' ? 12 : 2))
    return walletStep(random);
  if (random.oneIn(20)) return { do: 'cancel', by: random.pick(['customer', 'admin']) };
  const part = random.between(0, life.parts.length - 1);
  const of = life.parts[part] as Part;
  return random.oneIn(isOpen(of) ? 5 : 2)
    ? { do: 'refund', part, amount: amountFor(random, life, of) }
    : moveStep(random, part, of);
}

function walletStep(random: Random): Step {
  if (random.oneIn(4)) return { do: 'open the wallet' };
  return {
    do: 'wallet',
    outcome: random.pick(['PAID', 'PAID', 'PAID', 'FAILED', 'EXPIRED']),
    webhooks: random.pick([0, 1, 1, 2]),
  };
}

function moveStep(random: Random, part: number, { status }: Part): Step {
  const by = random.pick<Who>(['seller', 'seller', 'seller', 'admin', 'customer']);
  if (random.oneIn(10))
    return {
      do: 'move',
      part,
      by,
      to: 'CANCELLED',
      reason: random.pick(['DELIVERY_FAILED', 'SPOILT']),
    };
  return { do: 'move', part, by, to: random.oneIn(10) ? random.pick(STATUSES) : FORWARD[status] };
}

/** At and around what can be given back. */
function amountFor(random: Random, life: Life, part: Part): number {
  const left = refundable(life, part);
  const amount = random.pick([left, left - 1, left + 1, random.between(1, Math.max(1, left))]);
  return Math.max(1, amount);
}
