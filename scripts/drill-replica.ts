// `npm run drill:replica`: what a replica takes off its leader. The demo market is browsed by requests that no cache answers,
// first without a replica and then with one, while prices change; both servers tell which statements they had to run.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Config, loadConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/database.ts';
import { newId } from '../src/lib/ids.ts';
import { systemClock } from '../src/lib/time.ts';
import { startServer } from '../src/process/serve.ts';
import { seedDatabase } from '../src/seed/seed.ts';
import { createLog } from '../src/telemetry/log.ts';
import { type StreamingServer, startStreaming } from './drill/streaming.ts';

const CROWD = 16;
const WRITES_INTERVAL_MS = 50;
const READY_TIMEOUT_MS = 30_000;
const VERSION = 'drill';

/** What the requests of one pass cost one server. */
interface Cost {
  readonly statements: number;
  readonly busy_ms: number;
}

export interface DrillOptions {
  readonly requests: number;
  readonly printProgress: (line: string) => void;
}

export interface DrillResult {
  /** Of the leader without a replica. */
  readonly alone: Cost;
  readonly leader: Cost;
  readonly replica: Cost;
  /** Answers that were no success, of both passes. */
  readonly failed: number;
}

export async function drill({ requests, printProgress }: DrillOptions): Promise<DrillResult> {
  const servers = await startStreaming();
  try {
    const { db } = openDatabase({ url: servers.leader.url, poolSize: 1, onError: () => {} });
    await seedDatabase({ db, clock: systemClock }, { size: 'small', seed: 1 });
    const products = await db.selectFrom('product_listing').select('product_id').execute();
    const categories = await db.selectFrom('categories').select('id').execute();
    await db.destroy();
    const market = {
      products: products.map(({ product_id }) => product_id),
      categories: categories.map(({ id }) => id),
    };
    const pass = async (replicaUrl?: string) => {
      await using app = await openApp(servers.leader.url, replicaUrl);
      await using _prices = changePrices(servers.leader);
      for (const server of [servers.leader, servers.replica])
        await server.query('SELECT pg_stat_statements_reset()');
      return await browse(app.address, requests, market);
    };
    const failedAlone = await pass();
    const alone = await costOf(servers.leader);
    printProgress(`without a replica: ${lineOf('leader', alone)}`);
    const failed = failedAlone + (await pass(servers.replica.url));
    const [leader, replica] = [await costOf(servers.leader), await costOf(servers.replica)];
    printProgress(`with a replica: ${lineOf('leader', leader)}; ${lineOf('replica', replica)}`);
    return { alone, leader, replica, failed };
  } finally {
    await servers.close();
  }
}

const lineOf = (name: string, { statements, busy_ms }: Cost) =>
  `${name} ${statements} statements, ${busy_ms.toFixed(0)} ms`;

async function openApp(
  leaderUrl: string,
  replicaUrl: string | undefined,
): Promise<{ address: string } & AsyncDisposable> {
  const config: Config = loadConfig(
    {
      NODE_ENV: 'test',
      PORT: '0',
      APP_SECRET: newId(),
      DATABASE_URL: leaderUrl,
      DATA_DIR: join(tmpdir(), `freshbytes-drill-${newId()}`),
      CACHE: 'off',
      WORKER: 'off',
      RATE_LIMITS: 'off',
      LOAD_SHEDDING: 'off',
      // Both servers and the load share this machine.
      DATABASE_REPLICA_MAX_LAG_MS: '5000',
      ...(replicaUrl === undefined ? {} : { DATABASE_REPLICA_URL: replicaUrl }),
    },
    VERSION,
  );
  const inUse = Promise.withResolvers<void>();
  const log = createLog({
    level: 'info',
    pretty: false,
    version: VERSION,
    destination: {
      write: (line: string) => {
        if (line.includes('public reads go to the replica')) inUse.resolve();
      },
    },
  });
  const server = await startServer({ config, databaseUrl: leaderUrl, log });
  if (replicaUrl !== undefined) {
    const timer = setTimeout(
      () => inUse.reject(new Error('the replica was never in use')),
      READY_TIMEOUT_MS,
    );
    await inUse.promise.finally(() => clearTimeout(timer));
  }
  return { address: server.address, [Symbol.asyncDispose]: () => server.stop() };
}

/** So that the leader's log grows, and the replica has something to replay. */
function changePrices(leader: StreamingServer): AsyncDisposable {
  let isOver = false;
  const run = async () => {
    while (!isOver) {
      await leader.query(
        'UPDATE products SET price_centavos = price_centavos + 1 WHERE id = (SELECT id FROM products ORDER BY random() LIMIT 1) /* price */',
      );
      await pause(WRITES_INTERVAL_MS);
    }
  };
  const running = run();
  return {
    [Symbol.asyncDispose]: () => {
      isOver = true;
      return running;
    },
  };
}

interface Market {
  readonly products: readonly string[];
  readonly categories: readonly string[];
}

/** Each request another one: lists by filter, searches, categories by price, products and their reviews. @returns failures */
async function browse(address: string, requests: number, market: Market): Promise<number> {
  const pick = (ids: readonly string[], n: number) => ids[n % ids.length] ?? '';
  const kinds: readonly ((n: number) => string)[] = [
    (n) => `/products?price_min=${n}.00`,
    (n) =>
      `/products?search=${pick(['kamatis', 'mangga', 'saging', 'rice', 'fresh'], n)}&page=${(n % 3) + 1}`,
    (n) => `/products?category=${pick(market.categories, n)}&ordering=price&price_max=${n + 1}.00`,
    (n) => `/products/${pick(market.products, n)}`,
    (n) => `/products/${pick(market.products, n)}/reviews`,
  ];
  let next = 0;
  let failed = 0;
  const visit = async () => {
    for (let n = next; n < requests; n = next) {
      next += 1;
      const path = kinds[n % kinds.length]?.(Math.floor(n / kinds.length) + 1) ?? '';
      const ask = () => fetch(`${address}/api/v1${path}`);
      // A connection that was idle may close as it is used again.
      const answer = await ask().catch(ask);
      await answer.arrayBuffer();
      if (!answer.ok) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: CROWD }, visit));
  return failed;
}

/** Without the drill's own statements, and those of a connection that begins. */
async function costOf(server: StreamingServer): Promise<Cost> {
  const [row] = await server.query<{ statements: number; busy_ms: number }>(
    `SELECT coalesce(sum(calls), 0)::float8 AS statements,
      coalesce(sum(total_exec_time + total_plan_time), 0)::float8 AS busy_ms
    FROM pg_stat_statements
    WHERE query !~ 'pg_stat_statements|/\\* price \\*/' AND query ~* '^(/\\*.*\\*/ )?(select|with)'`,
  );
  return row ?? { statements: 0, busy_ms: 0 };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { requests: { type: 'string', default: '2000' } } });
  const printProgress = (line: string) => process.stdout.write(`${line}\n`);
  const { alone, leader, failed } = await drill({
    requests: Number(values.requests),
    printProgress,
  });
  const share = (part: number, whole: number) => `${(100 * (1 - part / whole)).toFixed(1)} %`;
  printProgress(`off the leader: ${share(leader.statements, alone.statements)} of its statements`);
  printProgress(`off the leader: ${share(leader.busy_ms, alone.busy_ms)} of its time for them`);
  if (failed > 0) throw new Error(`${failed} requests failed`);
}

if (import.meta.main) await main();
