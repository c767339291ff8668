// Views of products: counted in memory while people read, added to the counters every few seconds in one statement.
import type { FastifyInstance } from 'fastify';
import type { Services } from '../../../context.ts';
import { SECOND_MS } from '../../../lib/time.ts';
import { productRoute } from '../storefront.routes.ts';
import { addViews } from './view-counter.queries.ts';

const FLUSH_INTERVAL_MS = 5 * SECOND_MS;

export interface ViewCounter {
  count(product_id: string): void;
  /** Writes what was counted; on failure it is kept for the next time. */
  flush(): Promise<void>;
  /** Ends the timer and flushes once more. */
  stop(): Promise<void>;
}

export function createViewCounter({ db, log }: Pick<Services, 'db' | 'log'>): ViewCounter {
  let views = new Map<string, number>();
  const add = (product_id: string, number: number) =>
    views.set(product_id, (views.get(product_id) ?? 0) + number);

  const flush = async () => {
    if (views.size === 0) return;
    const counted = views;
    views = new Map();
    try {
      await addViews(db, counted);
    } catch (err) {
      for (const [product_id, number] of counted) add(product_id, number);
      log.warn({ err }, 'product views could not be written and are kept');
    }
  };
  const timer = setInterval(() => void flush(), FLUSH_INTERVAL_MS).unref();
  return {
    count: (product_id) => {
      add(product_id, 1);
    },
    flush,
    stop: () => {
      clearInterval(timer);
      return flush();
    },
  };
}

/** Counts every success of GET /products/:id, 304 included: there somebody looked too. Writes the rest when `app` closes. */
export function registerViewCounter(app: FastifyInstance, services: Services): void {
  const counter = createViewCounter(services);
  app.addHook('onResponse', (request, reply, done) => {
    const isView = request.routeOptions.config.mounted === productRoute && request.method === 'GET';
    if (isView && reply.statusCode < 400)
      counter.count((request.params as { id: string }).id.toLowerCase());
    done();
  });
  app.addHook('onClose', () => counter.stop());
}
