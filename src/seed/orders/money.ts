// The money of a demo order: its payment, what the wallet's side knows, refunds, and the journal.
import type { RowsByTable } from '../../db/insert-together.ts';
import { plusMs, SECOND_MS } from '../../lib/time.ts';
import * as books from '../../modules/ledger/ledger.rules.ts';
import { isOpen } from '../../modules/orders/orders.rules.ts';
import { statusAfterRefund, walletSessionEnd } from '../../modules/payments/payments.rules.ts';
import type { Random } from '../random.ts';
import { latest } from '../seeding.ts';
import type { OrderDraft, Part } from './draft.ts';
import { deliveredAt, findMove, moverId } from './order-rows.ts';

interface Refund {
  readonly part: Part;
  readonly stage: books.RefundStage;
  readonly id: string;
  readonly reason: string;
  readonly actor_id: string | null;
  readonly at: Date;
}

export function moneyRows(random: Random, order: OrderDraft, admin_id: string): RowsByTable {
  const refunds = order.paid_at === null ? [] : refundsOf(random, order, admin_id);
  const payment = paymentRow(random, order, refunds);
  return {
    payments: [payment],
    simulator_wallet: walletRows(order, payment, refunds),
    refunds: refunds.map(({ id, part, reason, actor_id, at }) => ({
      id,
      payment_id: payment.id,
      seller_order_id: part.id,
      amount_centavos: part.total_centavos,
      reason,
      status: 'COMPLETED' as const,
      provider_reference: `sim_refund_${id}`,
      actor_id,
      created_at: at,
      updated_at: at,
    })),
    ...journalRows(random, order, refunds),
  };
}

/** Parts that were paid and then cancelled, or given back after delivery. */
function refundsOf(random: Random, order: OrderDraft, admin_id: string): Refund[] {
  return order.parts.flatMap((part) => {
    const move = findMove(part, 'CANCELLED') ?? findMove(part, 'REFUNDED');
    if (move === undefined) return [];
    const stage = move.to === 'CANCELLED' ? 'cancelled' : 'delivered';
    const actor_id = moverId(move.mover, { order, part, admin_id });
    return [
      { part, stage, id: random.id(move.at), reason: move.reason ?? '', actor_id, at: move.at },
    ];
  });
}

function paymentRow(random: Random, order: OrderDraft, refunds: readonly Refund[]) {
  const { method, paid_at, placed_at, expires_at, parts, buyer } = order;
  const isWallet = method !== 'COD';
  const amount_centavos = sumOf(
    isWallet ? parts : parts.filter((part) => part.status !== 'CANCELLED'),
  );
  const refunded_centavos = sumOf(refunds.map(({ part }) => part));
  const settled_at = parts.some((part) => isOpen(part.status))
    ? null
    : latest(parts.map((part) => part.moves.at(-1)?.at ?? placed_at));
  const isFailed = paid_at === null && parts.every((part) => part.status === 'CANCELLED');
  const completed_at = isFailed ? null : isWallet ? paid_at : settled_at;
  const payment_status = isFailed
    ? 'FAILED'
    : completed_at === null
      ? 'PENDING'
      : statusAfterRefund(amount_centavos, refunded_centavos);
  const wasOpened = isWallet && (paid_at !== null || isFailed);
  return {
    id: order.payment_id,
    order_id: order.id,
    user_id: buyer.user.id,
    payment_method: method,
    payment_status,
    amount_centavos,
    refunded_centavos,
    currency: 'PHP',
    provider: isWallet ? 'simulator' : 'cod',
    provider_reference: wasOpened ? `sim_${random.id(placed_at)}` : null,
    wallet_url: null,
    return_url: null,
    cancel_url: null,
    created_at: placed_at,
    updated_at: latest([placed_at, paid_at ?? placed_at, settled_at ?? placed_at]),
    expires_at,
    completed_at,
    asked_at: null,
  };
}

/** The wallet's side of a session that was opened. */
function walletRows(
  { paid_at, expires_at, placed_at }: OrderDraft,
  payment: ReturnType<typeof paymentRow>,
  refunds: readonly Refund[],
) {
  const { id, provider_reference, amount_centavos, refunded_centavos } = payment;
  if (provider_reference === null || expires_at === null) return [];
  return [
    {
      reference: provider_reference,
      payment_id: id,
      amount_centavos,
      refunded_centavos,
      refunds: Object.fromEntries(refunds.map(({ id, part }) => [id, part.total_centavos])),
      status: paid_at === null ? ('EXPIRED' as const) : ('PAID' as const),
      expires_at: walletSessionEnd(expires_at),
      return_url: null,
      cancel_url: null,
      created_at: plusMs(placed_at, SECOND_MS),
    },
  ];
}

interface DatedEntry {
  readonly at: Date;
  readonly entry: books.Entry;
}

function journalRows(random: Random, order: OrderDraft, refunds: readonly Refund[]): RowsByTable {
  const entries = [
    ...orderEntries(order),
    ...order.parts.flatMap((part) => partEntries(order, part)),
    ...refunds.map(refundEntry),
  ].map(({ at, entry }) => ({ ...entry, created_at: at, id: random.id(at) }));
  return {
    journal_entries: entries.map(({ id, kind, order_id, seller_order_id, created_at }) => ({
      id,
      kind,
      order_id,
      seller_order_id: seller_order_id ?? null,
      created_at,
    })),
    journal_lines: entries.flatMap(({ id, lines }) =>
      lines.filter(hasAmount).map((line, i) => lineRow(id, line, i + 1)),
    ),
  };
}

function orderEntries({ id, placed_at, paid_at, parts }: OrderDraft): DatedEntry[] {
  const placed = { at: placed_at, entry: books.orderPlaced(id, parts) };
  if (paid_at === null) return [placed];
  const entry = books.paymentReceived(id, 'WALLET_CLEARING', sumOf(parts));
  return [placed, { at: paid_at, entry }];
}

/** As its seller order stood before the one refund that a demo order may see. */
function unrefunded(part: Part): books.BookedSellerOrder {
  return { ...part, refunded_centavos: 0 };
}

/** A delivery earns the seller money and, for cash, brings it in; a cancelled part is owed no more. */
function partEntries({ method }: OrderDraft, part: Part): DatedEntry[] {
  const { order_id, total_centavos } = part;
  const cancelled = findMove(part, 'CANCELLED');
  if (cancelled !== undefined) {
    return [{ at: cancelled.at, entry: books.partCancelled(unrefunded(part)) }];
  }
  const at = deliveredAt(part);
  if (at === null) return [];
  const delivered = { at, entry: books.partDelivered(unrefunded(part)) };
  if (method !== 'COD') return [delivered];
  const entry = books.paymentReceived(order_id, 'COD_CLEARING', total_centavos);
  return [delivered, { at, entry }];
}

function refundEntry({ part, stage, at }: Refund): DatedEntry {
  const amount_centavos = part.total_centavos;
  const refund = { stage, from: 'WALLET_CLEARING', amount_centavos } as const;
  return { at, entry: books.refunded(unrefunded(part), refund) };
}

function lineRow(entry_id: string, line: books.Line, line_number: number) {
  return {
    entry_id,
    line_number,
    account: line.account,
    seller_id: line.seller_id ?? null,
    debit_centavos: line.debit_centavos ?? 0,
    credit_centavos: line.credit_centavos ?? 0,
  };
}

/** A commission of nothing has no line. */
function hasAmount(line: books.Line): boolean {
  return (line.debit_centavos ?? 0) > 0 || (line.credit_centavos ?? 0) > 0;
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.total_centavos, 0);
}
