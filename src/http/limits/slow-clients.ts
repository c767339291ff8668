// Ends exchanges that take longer than any honest client needs: Node bounds how slowly a request may arrive, and nothing
// how slowly its answer may be read.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { SECOND_MS } from '../../lib/time.ts';

export interface SlowClientLimits {
  /** From the headers of a request to the last byte of its answer. */
  readonly exchange_ms: number;
  /** How long a closing server waits for exchanges that have begun. */
  readonly close_ms: number;
  readonly checkInterval_ms: number;
}

const LIMITS: SlowClientLimits = {
  exchange_ms: 120 * SECOND_MS,
  // Longer than a turn at the pool and a statement together, shorter than the grace that orchestrators give.
  close_ms: 20 * SECOND_MS,
  checkInterval_ms: 5 * SECOND_MS,
};

export function cutSlowClients(
  app: FastifyInstance,
  { exchange_ms, close_ms, checkInterval_ms }: SlowClientLimits = LIMITS,
): void {
  /** In the order in which they began. */
  const begun = new Map<ServerResponse, number>();
  app.server.on('request', (_request, response) => {
    begun.set(response, performance.now());
    response.once('close', () => begun.delete(response));
  });
  const sweep = () => {
    const oldest = performance.now() - exchange_ms;
    for (const [response, began_at] of begun) {
      if (began_at > oldest) return;
      response.destroy();
    }
  };
  const sweeper = setInterval(sweep, checkInterval_ms).unref();
  let lastCall: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    lastCall = setTimeout(() => app.server.closeAllConnections(), close_ms);
    // Node takes a connection for idle as soon as its answer is written, sent or not, and closing would cut it short.
    const leaving = [...begun.keys()].filter((response) => response.writableEnded);
    await Promise.all(leaving.map((response) => once(response, 'close')));
  });
  app.addHook('onClose', async () => {
    clearInterval(sweeper);
    clearTimeout(lastCall);
  });
}
