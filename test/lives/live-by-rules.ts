// One random order, lived by the program's pure decisions and by the model at once, compared after every step.
import { dueToParties, type Life, newLife, pass, type Step, take } from './model.ts';
import { type Random, randomFrom } from './random.ts';
import { placeByRules, type RulesOrder } from './rules-order.ts';
import { nextStep } from './steps.ts';

const MOST_STEPS = 30;
/** How often something is tried with an order that has come to its end. */
const LAST_TRIES = 3;
const START_MS = Date.UTC(2026, 2, 2);
const HOUR_MS = 3_600_000;
/** Within a wallet's time, beyond it, and beyond the time of sellers. */
const WAITS_MS: [number, ...number[]] = [
  HOUR_MS / 6,
  HOUR_MS / 4,
  HOUR_MS,
  25 * HOUR_MS,
  73 * HOUR_MS,
];

/** What others hold or owe; all else is owed to somebody. */
const HELD = ['CUSTOMER_RECEIVABLE', 'WALLET_CLEARING', 'RIDER_CASH'];

function randomLife(random: Random): Life {
  const sellers = ['a', 'b', 'c'].slice(0, random.between(1, 3));
  const parts = sellers.map((seller) => ({
    seller,
    total: random.oneIn(4) ? random.between(1, 9) : random.between(1, 5_000_000),
    commission_bps: random.pick([0, 1, 250, 500, 10_000, random.between(0, 10_000)]),
    collector: random.pick(['SELLER', 'RIDER'] as const),
  }));
  return newLife(random.pick(['CASH', 'WALLET']), parts, START_MS);
}

/** What differs between the model and the journal, and what is below zero. */
function faultIn(life: Life, { balances }: RulesOrder): string | undefined {
  const due = dueToParties(life);
  for (const account in balances)
    if (balances[account] !== (due[account] ?? 0))
      return `${account} is ${balances[account]}, due is ${due[account]}`;
  for (const account in due) {
    const centavos = due[account] ?? 0;
    if ((balances[account] ?? 0) !== centavos) return `${account} is missing, due is ${centavos}`;
    if (mayBeEither(life, account)) continue;
    const isHeld = HELD.includes(account);
    if (isHeld ? centavos < 0 : centavos > 0) return `${account} is on the wrong side: ${centavos}`;
  }
  return undefined;
}

/** A seller who keeps the cash owes the commission. */
function mayBeEither({ method, parts }: Life, account: string): boolean {
  return (
    method === 'CASH' &&
    parts.some(
      ({ seller, collector }) => collector === 'SELLER' && account === `SELLER_PAYABLE ${seller}`,
    )
  );
}

/** Lives one order. @throws Error with all that led to a difference between program and model */
export function liveByRules(seed: number): { readonly steps: number; readonly allowed: number } {
  const random = randomFrom(seed);
  const life = randomLife(random);
  const order = placeByRules(life);
  const past: (Step | number)[] = [];
  let now_ms = START_MS;
  let allowed = 0;
  let triesLeft = LAST_TRIES;
  const fail = (fault: string): never => {
    throw new Error(`LIVES_SEED=${seed}: ${fault}\n${life.method}, after ${JSON.stringify(past)}`);
  };
  while (triesLeft > 0 && past.length < MOST_STEPS) {
    if (isOver(life)) triesLeft -= 1;
    if (random.oneIn(20)) {
      now_ms += random.pick(WAITS_MS);
      past.push(now_ms - START_MS);
      pass(life, now_ms);
      order.pass(now_ms);
    } else {
      const step = nextStep(random, life);
      past.push(step);
      const isAllowed = take(life, step, now_ms);
      if (order.take(step, now_ms) !== isAllowed) fail(`the model says ${isAllowed}`);
      if (isAllowed) allowed += 1;
    }
    const fault = faultIn(life, order);
    if (fault !== undefined) fail(fault);
  }
  return { steps: past.length, allowed };
}

/** Only a wallet that pays late can still move something. */
function isOver({ parts }: Life): boolean {
  return parts.every(({ status }) => status === 'CANCELLED' || status === 'REFUNDED');
}
