// Invalidations between processes: LISTEN and NOTIFY on a connection of their own, outside every transaction.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { withDeadline } from '../lib/flow/deadline.ts';
import { newId } from '../lib/ids.ts';
import type { Log } from '../telemetry/log.ts';

const CHANNEL = 'cache_invalidation';
/** Whoever has not been answered for so long may have missed something. */
export const MAX_SILENCE_MS = 1_000;
const TICK_MS = 100;
const HEARTBEAT_INTERVAL_MS = 300;
/** A connection that owes an answer for so long is given up for another. */
const HEARTBEAT_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_DELAY_MS = 250;
/** What comes within this time is sent together: each NOTIFY takes a lock of the whole server. */
const COLLECT_MS = 50;
/** PostgreSQL takes 8,000 bytes at once; a tag has up to 50. */
const MAX_TAGS_PER_MESSAGE = 100;

export interface Invalidation {
  readonly tags: readonly string[];
  /** Whether the shared store knows of it. */
  readonly isStored: boolean;
}

export interface BusListener {
  /** Another process changed something. */
  readonly onInvalidation: (invalidation: Invalidation) => void;
  /** Receives again, after a time in which something may have been missed. */
  readonly onGap: () => void;
}

export interface InvalidationBus {
  /** Whether everything that others sent until a moment ago has been received. */
  isListening(): boolean;
  /** Reaches all other processes within a second, or as soon as there is a connection again. */
  send(invalidation: Invalidation): void;
  listen(listener: BusListener): void;
  close(): Promise<void>;
}

export interface BusOptions {
  /** Of the database itself: a pooler that shares connections between transactions loses notifications. */
  readonly url: string;
  readonly log: Pick<Log, 'warn'>;
}

/** Connects in the background, again and again; until then `isListening` is false. */
export function connectInvalidationBus({ url, log }: BusOptions): InvalidationBus {
  const self = newId();
  const outbox = createOutbox(self);
  let listener: BusListener | undefined;
  // Time in which this process could have received: one that was held up has missed nothing, and is least of all to be
  // given more to do.
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
  }, TICK_MS).unref();
  let heardAt_ticks = Number.NEGATIVE_INFINITY;
  let isClosing = false;
  let waker = Promise.withResolvers<void>();
  const wake = () => {
    waker.resolve();
    waker = Promise.withResolvers();
  };
  const rest = (duration_ms: number) => Promise.race([waker.promise, pause(duration_ms)]);

  const receive = ({ payload = '' }: pg.Notification) => {
    const { from, ...invalidation } = JSON.parse(payload) as Message;
    if (from !== self) listener?.onInvalidation(invalidation);
  };

  const serve = async (client: pg.Client) => {
    await subscribe(client, self);
    client.on('notification', receive);
    listener?.onGap();
    for (;;) {
      const asked_ticks = ticks;
      await withDeadline(outbox.send(client), HEARTBEAT_TIMEOUT_MS, 'notifying took too long');
      // Notifications come before the answer of whatever is asked after them.
      await withDeadline(client.query('SELECT 1'), HEARTBEAT_TIMEOUT_MS, 'no heartbeat');
      heardAt_ticks = asked_ticks;
      if (isClosing) return;
      await rest(HEARTBEAT_INTERVAL_MS);
    }
  };

  const run = async () => {
    while (!isClosing) {
      const client = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        application_name: 'freshbytes-cache',
        keepAlive: true,
      });
      // The statement that it interrupts fails too, with the error.
      client.on('error', () => {});
      try {
        await client.connect();
        await serve(client);
      } catch (err) {
        if (!isClosing)
          log.warn({ err }, 'the cache receives no invalidations from other processes');
      }
      heardAt_ticks = Number.NEGATIVE_INFINITY;
      // Not awaited: a server that no longer answers would not answer this either.
      client.end().catch(() => {});
      if (!isClosing) await rest(RECONNECT_DELAY_MS);
    }
  };
  const running = run();

  return {
    isListening: () => (ticks - heardAt_ticks) * TICK_MS < MAX_SILENCE_MS,
    send(invalidation) {
      if (outbox.isEmpty()) setTimeout(wake, COLLECT_MS).unref();
      outbox.add(invalidation);
    },
    listen(given) {
      listener = given;
    },
    close: () => {
      isClosing = true;
      clearInterval(ticking);
      wake();
      return running;
    },
  };
}

/** The payload: the sender and its invalidations. */
interface Message extends Invalidation {
  readonly from: string;
}

/** What is still to be sent. Tags stay in it until PostgreSQL has them. */
function createOutbox(from: string) {
  /** By tag, whether the shared store knows. Bounded by what is written: without a database nothing is. */
  let waiting = new Map<string, boolean>();
  const add = ({ tags, isStored }: Invalidation) => {
    for (const tag of tags) waiting.set(tag, isStored && waiting.get(tag) !== false);
  };
  return {
    add,
    isEmpty: () => waiting.size === 0,
    async send(client: pg.Client): Promise<void> {
      const batch = [...waiting];
      waiting = new Map();
      const invalidations = [true, false].map((isStored) => ({
        tags: batch.flatMap(([tag, known]) => (known === isStored ? [tag] : [])),
        isStored,
      }));
      try {
        for (const { tags, isStored } of invalidations) {
          for (let i = 0; i < tags.length; i += MAX_TAGS_PER_MESSAGE) {
            const some = tags.slice(i, i + MAX_TAGS_PER_MESSAGE);
            await notify(client, { from, tags: some, isStored });
          }
        }
      } catch (error) {
        for (const invalidation of invalidations) add(invalidation);
        throw error;
      }
    },
  };
}

/**
 * Listens, and proves it with a message to itself.
 * @throws Error where the connection does not carry notifications
 */
async function subscribe(client: pg.Client, self: string): Promise<void> {
  const heard = Promise.withResolvers<void>();
  client.once('notification', () => heard.resolve());
  await client.query(`LISTEN ${CHANNEL}`);
  await notify(client, { from: self, tags: [], isStored: true });
  await withDeadline(heard.promise, HEARTBEAT_TIMEOUT_MS, 'the database does not notify us');
}

async function notify(client: pg.Client, message: Message): Promise<void> {
  await client.query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(message)]);
}
