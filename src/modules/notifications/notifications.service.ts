// What leaves with a commit: messages to people, and events for whoever wants to know.
import type { Ctx, TxCtx } from '../../context.ts';
import { newId } from '../../lib/ids.ts';
import { attachTrace, type TraceContext } from '../../telemetry/traces/trace-context.ts';
import { type OutgoingMessage, sendMessageJob } from './notifications.jobs.ts';
import { insertOutboxMessages, type OutboxRow } from './notifications.queries.ts';

export interface DomainEvent {
  /** `noun.verb`, e.g. `order.placed`. */
  readonly topic: string;
  /** Ids and states only: whoever handles the event reads the rest. */
  readonly payload: Readonly<Record<string, string | number | null>>;
}

/** Queues a mail or an SMS; it is sent after the commit, and again until the gateway took it. */
export async function sendMessage(ctx: TxCtx, message: OutgoingMessage): Promise<void> {
  await ctx.jobs.enqueue(ctx.db, sendMessageJob, message);
}

export interface TracedMessage {
  readonly message: OutgoingMessage;
  readonly trace: TraceContext | undefined;
}

/** The same for several, each of its own trace, in one statement. */
export async function sendMessages(ctx: TxCtx, messages: readonly TracedMessage[]): Promise<void> {
  await ctx.jobs.enqueueAll(
    ctx.db,
    sendMessageJob,
    messages.map(({ message }) => message),
    messages.map(({ trace }) => trace),
  );
}

/** Writes events to the outbox, in order, in one statement. */
export async function publishEvents(ctx: TxCtx, events: readonly DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  const created_at = ctx.clock.now();
  await insertOutboxMessages(
    ctx.db,
    events.map(({ topic, payload }) => ({
      id: newId(),
      topic,
      payload: JSON.stringify(attachTrace(payload, ctx.trace)),
      created_at,
    })),
  );
}

/** The same as rows, for callers that insert them together with other tables. */
export function eventRows(ctx: Ctx, events: readonly DomainEvent[]): OutboxRow[] {
  const created_at = ctx.clock.now();
  return events.map(({ topic, payload }) => ({
    id: newId(),
    topic,
    payload: attachTrace(payload, ctx.trace),
    created_at,
    dispatched_at: null,
  }));
}
