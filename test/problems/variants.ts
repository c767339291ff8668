// The same API once more, with something wrong with it: what a fault of its surroundings does to every operation.
import { buildApp } from '../../src/app.ts';
import { withoutCache } from '../../src/cache/cache.ts';
import type { Services } from '../../src/context.ts';
import { openDatabase } from '../../src/db/database.ts';
import { createRateLimits } from '../../src/http/limits/rate-limit.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { call, type TestApp } from '../support/app.ts';

export type Instance = Pick<TestApp, 'call'>;

interface Variation {
  /** Of another database. */
  readonly url?: string;
  readonly onStatement?: (sql: string) => void;
  readonly services?: Partial<Services>;
}

/** One more instance over the same data; it has no cache, which would hide what is wrong with it. */
export async function createVariant(
  test: TestApp,
  stack: AsyncDisposableStack,
  { url = test.databaseUrl, onStatement = () => {}, services = {} }: Variation,
): Promise<Instance> {
  const { db, pool } = openDatabase({ url, poolSize: 1, onError: () => {}, onStatement });
  const varied: Services = { ...test.services, db, cache: withoutCache(), ...services };
  const { config, clock } = varied;
  const log = createLog({ level: 'silent', pretty: false, version: config.version });
  const { health, metrics } = test;
  const app = await buildApp({
    services: varied,
    log,
    health,
    metrics,
    pool,
    limits: createRateLimits({ config, clock, log }),
  });
  await app.ready();
  stack.defer(async () => {
    await app.close();
    await db.destroy();
  });
  return { call: (request) => call(app, request) };
}
