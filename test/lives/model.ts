// What must be true of an order and of everybody's money, said as simply as it can be: the oracle for runs of the real
// program. It shares no code with the program, keeps no journal, and computes each balance anew from a few facts.

export type Status = 'PENDING' | 'CONFIRMED' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED' | 'REFUNDED';
export type Who = 'customer' | 'seller' | 'admin';
export type WalletOutcome = 'PAID' | 'FAILED' | 'EXPIRED';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** As the settings have them by default. */
const RULES = {
  payWithin_ms: 15 * MINUTE_MS,
  walletClosesBefore_ms: 2 * MINUTE_MS,
  confirmWithin_ms: 24 * HOUR_MS,
  shipWithin_ms: 72 * HOUR_MS,
  /** How long a provider is asked about a payment. */
  askFor_ms: 72 * HOUR_MS,
};

/** One seller's part of an order. */
export interface Part {
  readonly seller: string;
  readonly total: number;
  readonly commission_bps: number;
  /** Who takes cash at the door. */
  readonly collector: 'SELLER' | 'RIDER';
  status: Status;
  /** What the customer is asked to pay for it. */
  asked: number;
  returned: number;
  /** Until when its seller has to act. */
  due_ms: number | undefined;
}

/** One order from its checkout on; all amounts in centavos. */
export interface Life {
  readonly method: 'CASH' | 'WALLET';
  readonly placed_ms: number;
  readonly parts: readonly Part[];
  payment: 'PENDING' | 'PAID' | 'FAILED';
  /** What the wallet knows of its session, once there is one. */
  wallet: 'OPEN' | WalletOutcome | undefined;
}

export type Step =
  | {
      readonly do: 'move';
      readonly part: number;
      readonly to: Status;
      readonly by: Who;
      readonly reason?: string;
    }
  | { readonly do: 'cancel'; readonly by: 'customer' | 'admin' }
  | { readonly do: 'refund'; readonly part: number; readonly amount: number }
  | { readonly do: 'open the wallet' }
  /** The wallet decides, and its webhook comes so many times. */
  | { readonly do: 'wallet'; readonly outcome: WalletOutcome; readonly webhooks: 0 | 1 | 2 };

export function newLife(
  method: Life['method'],
  parts: readonly Pick<Part, 'seller' | 'total' | 'commission_bps' | 'collector'>[],
  now_ms: number,
): Life {
  const due_ms = method === 'CASH' ? now_ms + RULES.confirmWithin_ms : undefined;
  return {
    method,
    placed_ms: now_ms,
    parts: parts.map((part) => ({
      ...part,
      status: 'PENDING',
      asked: part.total,
      returned: 0,
      due_ms,
    })),
    payment: 'PENDING',
    wallet: undefined,
  };
}

export const isOpen = ({ status }: Part) =>
  status === 'PENDING' || status === 'CONFIRMED' || status === 'SHIPPED';
const isDelivered = ({ status }: Part) => status === 'DELIVERED' || status === 'REFUNDED';

/** What came in for a part: cash at its delivery, from a wallet what it was asked for. */
function received(life: Life, part: Part): number {
  if (life.method === 'CASH') return isDelivered(part) ? part.total : 0;
  return life.payment === 'PAID' ? part.asked : 0;
}

export const refundable = (life: Life, part: Part) => received(life, part) - part.returned;

/** Does the step where it is allowed. @returns whether it is */
export function take(life: Life, step: Step, now_ms: number): boolean {
  switch (step.do) {
    case 'move':
      return move(life, step, now_ms);
    case 'cancel':
      return cancelAll(life, step.by);
    case 'refund':
      return refund(life, step);
    case 'open the wallet':
      return openWallet(life, now_ms);
    case 'wallet':
      return decideAtWallet(life, step, now_ms);
  }
}

const NEXT: Partial<Record<Status, Status>> = {
  PENDING: 'CONFIRMED',
  CONFIRMED: 'SHIPPED',
  SHIPPED: 'DELIVERED',
};

function move(life: Life, step: Extract<Step, { do: 'move' }>, now_ms: number): boolean {
  const part = life.parts[step.part];
  if (part === undefined || step.by === 'customer') return false;
  if (step.to === 'CANCELLED') {
    const isLost = part.status === 'SHIPPED' && step.reason === 'DELIVERY_FAILED';
    if (part.status !== 'PENDING' && part.status !== 'CONFIRMED' && !isLost) return false;
    giveUp(life, [part]);
    return true;
  }
  if (NEXT[part.status] !== step.to) return false;
  if (life.method === 'WALLET' && life.payment !== 'PAID') return false;
  part.status = step.to;
  part.due_ms = step.to === 'CONFIRMED' ? now_ms + RULES.shipWithin_ms : undefined;
  closePayment(life);
  return true;
}

function cancelAll(life: Life, by: 'customer' | 'admin'): boolean {
  const open = life.parts.filter(isOpen);
  const may = by === 'admin' ? ['PENDING', 'CONFIRMED'] : ['PENDING'];
  if (open.length === 0 || !open.every(({ status }) => may.includes(status))) return false;
  giveUp(life, open);
  return true;
}

/** What came in for these parts goes back; for what did not come in nobody is asked any more, unless the wallet is asking. */
function giveUp(life: Life, parts: readonly Part[]): void {
  const isAllThatIsOpen = life.parts.every((part) => !isOpen(part) || parts.includes(part));
  for (const part of parts) {
    part.returned = received(life, part);
    part.status = 'CANCELLED';
    part.due_ms = undefined;
    if (life.payment === 'PAID') continue;
    if (life.method === 'CASH' || (life.wallet === undefined && !isAllThatIsOpen)) part.asked = 0;
  }
  closePayment(life);
}

/** A payment that has nothing more to wait for. */
function closePayment(life: Life): void {
  if (life.payment !== 'PENDING' || life.parts.some(isOpen)) return;
  life.payment = life.parts.some(isDelivered) ? 'PAID' : 'FAILED';
}

function refund(life: Life, { part: n, amount }: Extract<Step, { do: 'refund' }>): boolean {
  const part = life.parts[n];
  if (part === undefined) return false;
  const left = refundable(life, part);
  if (amount > left || (amount === left && isOpen(part))) return false;
  part.returned += amount;
  if (part.status === 'DELIVERED' && part.returned === part.total) part.status = 'REFUNDED';
  return true;
}

function openWallet(life: Life, now_ms: number): boolean {
  if (life.method === 'CASH') return false;
  if (life.wallet !== undefined) return true;
  const closes_ms = life.placed_ms + RULES.payWithin_ms - RULES.walletClosesBefore_ms;
  if (life.payment !== 'PENDING' || now_ms >= closes_ms) return false;
  life.wallet = 'OPEN';
  return true;
}

function decideAtWallet(
  life: Life,
  { outcome, webhooks }: Extract<Step, { do: 'wallet' }>,
  now_ms: number,
): boolean {
  if (!openWallet(life, now_ms)) return false;
  if (outcome === 'PAID' || life.wallet === 'OPEN') life.wallet = outcome;
  if (webhooks > 0) hear(life, outcome, now_ms);
  return true;
}

/** An outcome that the wallet reports, by webhook or when queried. The first counts, but money that comes is always taken. */
function hear(life: Life, outcome: WalletOutcome, now_ms: number): void {
  if (outcome !== 'PAID') {
    if (life.payment === 'PENDING') giveUp(life, life.parts.filter(isOpen));
    return;
  }
  if (life.payment === 'PAID') return;
  life.payment = 'PAID';
  for (const part of life.parts) {
    if (part.status === 'CANCELLED') part.returned = received(life, part);
    else part.due_ms = now_ms + RULES.confirmWithin_ms;
  }
}

/** What happens by itself: unpaid orders expire, idle sellers lose theirs, and the wallet is asked for what it did not tell. */
export function pass(life: Life, now_ms: number): void {
  if (life.method === 'WALLET' && life.payment === 'PENDING')
    if (now_ms >= life.placed_ms + RULES.payWithin_ms) giveUp(life, life.parts.filter(isOpen));
  const late = life.parts.filter(({ due_ms }) => due_ms !== undefined && due_ms <= now_ms);
  if (late.length > 0) giveUp(life, late);
  if (life.wallet === undefined || now_ms - life.placed_ms >= RULES.askFor_ms) return;
  const closes_ms = life.placed_ms + RULES.payWithin_ms - RULES.walletClosesBefore_ms;
  const said = life.wallet === 'OPEN' && now_ms >= closes_ms ? 'EXPIRED' : life.wallet;
  if (said !== 'OPEN') hear(life, said, now_ms);
}

/** What each party has or is owed, in centavos, debits positive as in the journal; zeros included. */
export function dueToParties(life: Life): Record<string, number> {
  const due: Record<string, number> = {
    CUSTOMER_RECEIVABLE: 0,
    WALLET_CLEARING: 0,
    RIDER_CASH: 0,
    BANK: 0,
    COMMISSION_REVENUE: 0,
  };
  const add = (account: string, centavos: number) => {
    due[account] = (due[account] ?? 0) + centavos;
  };
  for (const part of life.parts) {
    const { seller, total, returned } = part;
    const kept = total - returned;
    const isMoneyBack = part.status === 'CANCELLED';
    // Riders hand in all that they took, and the platform gives cash back; sellers keep it, and give it back themselves.
    if (life.method === 'CASH' && part.collector === 'RIDER') {
      add('RIDER_CASH', received(life, part));
      add('BANK', -returned);
    } else if (life.method === 'CASH') add(`SELLER_PAYABLE ${seller}`, refundable(life, part));
    else add('WALLET_CLEARING', refundable(life, part));
    add(
      'CUSTOMER_RECEIVABLE',
      isMoneyBack ? -refundable(life, part) : total - received(life, part),
    );
    add(`ORDER_LIABILITY ${seller}`, isOpen(part) ? -kept : 0);
    // Half a centavo and more counts as one.
    const commission = isDelivered(part)
      ? Math.floor((kept * part.commission_bps + 5_000) / 10_000)
      : 0;
    add('COMMISSION_REVENUE', -commission);
    add(`SELLER_PAYABLE ${seller}`, isDelivered(part) ? commission - kept : 0);
  }
  return due;
}
