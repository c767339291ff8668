// The outbox: events that were committed become the messages that people get, in order, each event once.
import type { Ctx, TxCtx } from '../../context.ts';
import { IN_BATCH, workThrough } from '../../db/batches/batches.ts';
import { deleteBefore } from '../../db/batches/delete-before.ts';
import { inTransaction } from '../../db/transaction.ts';
import { DAY_MS, plusMs } from '../../lib/time.ts';
import { detachTrace, type TraceContext } from '../../telemetry/traces/trace-context.ts';
import {
  findOrderParties,
  findSellerParties,
  findWaitingEvents,
  markDispatched,
  takeWaitingEvents,
} from './notifications.queries.ts';
import {
  groupEvents,
  messagesFor,
  type OutboxEvent,
  orderOf,
  sellerOf,
} from './notifications.rules.ts';
import { sendMessages, type TracedMessage } from './notifications.service.ts';

/** Under which events are set aside: the name of the job. */
const DISPATCH_JOB = 'notifications.dispatch-events';
/** Events of one transaction. */
const DISPATCH_GROUP = 200;
const DISPATCHED_RETENTION_MS = 7 * DAY_MS;

/**
 * Writes the messages of every waiting event and marks it dispatched, in one transaction a group. An event that no message
 * can be made of is set aside, and the others go out. Topics without messages are only marked.
 * @returns how many events it dispatched
 */
export async function dispatchEvents(ctx: Ctx): Promise<number> {
  const { done } = await workThrough(ctx, {
    job: DISPATCH_JOB,
    groupSize: DISPATCH_GROUP,
    find: (db, limit) => findWaitingEvents(db, { job: DISPATCH_JOB, limit }),
    work: (ctx, ids) => inTransaction(ctx, (ctx) => dispatchGroup(ctx, ids), IN_BATCH),
  });
  return done;
}

async function dispatchGroup(ctx: TxCtx, ids: readonly string[]): Promise<void> {
  const events = (await takeWaitingEvents(ctx.db, ids)).map(withTrace);
  if (events.length === 0) return;
  await sendMessages(ctx, await messagesOf(ctx, events));
  const taken = events.map(({ id }) => id);
  await markDispatched(ctx.db, taken, ctx.clock.now());
}

/** Deletes events that were dispatched longer ago than DISPATCHED_RETENTION_MS. */
export async function forgetDispatchedEvents(ctx: Ctx): Promise<void> {
  const before = plusMs(ctx.clock.now(), -DISPATCHED_RETENTION_MS);
  await deleteBefore(ctx.db, 'outbox_messages', 'dispatched_at', before);
}

interface TracedEvent extends OutboxEvent {
  /** Of the request or job that published it. */
  readonly trace: TraceContext | undefined;
}

function withTrace<Row extends OutboxEvent>(row: Row): Row & TracedEvent {
  const { data: payload, trace } = detachTrace(row.payload);
  return { ...row, payload, trace };
}

/** Each with the trace of its first event. */
async function messagesOf(ctx: TxCtx, events: readonly TracedEvent[]): Promise<TracedMessage[]> {
  const order_ids = events.map(orderOf).filter((id) => id !== undefined);
  const seller_ids = events.map(sellerOf).filter((id) => id !== undefined);
  const parties = {
    orders: order_ids.length === 0 ? [] : await findOrderParties(ctx.db, order_ids),
    sellers: seller_ids.length === 0 ? [] : await findSellerParties(ctx.db, seller_ids),
  };
  return groupEvents(events).flatMap((group) =>
    messagesFor(group, parties).map((message) => ({ message, trace: group[0]?.trace })),
  );
}
