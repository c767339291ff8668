// `npm run drill:failover`: the clusters of ops/ha on one machine, a shop over them and buyers in it. Then the leading Redis
// and the leading PostgreSQL are killed, the latter comes back as a replica, and every acknowledged order must be there.
import { type Books, compareBooks, isEven } from './failover/books.ts';
import { type Attempt, ask, CHECKOUT, type Crowd, signIn, startCrowd } from './failover/buyers.ts';
import { type DatabaseCluster, startDatabaseCluster } from './failover/database-cluster.ts';
import { createMachine, type Machine } from './failover/machine.ts';
import { type RedisCluster, startRedisCluster } from './failover/redis-cluster.ts';
import { NODES, planLayout } from './failover/settings.ts';
import { openShop, type Shop } from './failover/shop.ts';

const PROGRESS_TIMEOUT_MS = 90_000;
const MS_PER_SECOND = 1_000;
const INTERRUPTED = 130;

export interface DrillOptions {
  readonly buyers: number;
  /** That must be acknowledged between one event and the next. */
  readonly orders: number;
  /** Whether the leader gives its office away at the end, as before an upgrade. */
  readonly handsOver: boolean;
  readonly say: (line: string) => void;
}

export interface DrillResult {
  readonly acknowledged: number;
  /** Requests that had to be made again: while Redis was without a leader, and while PostgreSQL was. */
  readonly failed: { readonly redis: number; readonly database: number };
  /** From the kill to the first order that was placed after it, by way: through PgBouncer, and past it. */
  readonly rto_s: { readonly pooled: number; readonly direct: number };
  /** Whether a session that ended while Redis had no leader was dead at once, everywhere. */
  readonly isLogoutSafe: boolean;
  readonly books: Readonly<Record<string, Books>>;
  readonly violations: string;
}

interface Scene {
  readonly machine: Machine;
  readonly database: DatabaseCluster;
  readonly redis: RedisCluster;
  readonly shop: Shop;
  readonly crowd: Crowd;
  readonly options: DrillOptions;
}

/** @throws Error where the service does not come back, or a buyer meets an answer that no client expects */
export async function drill(options: DrillOptions): Promise<DrillResult> {
  const machine = await createMachine();
  const interrupt = () => void machine.close().finally(() => process.exit(INTERRUPTED));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await drillOn(machine, options);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await machine.close();
  }
}

async function drillOn(machine: Machine, options: DrillOptions): Promise<DrillResult> {
  const { say, buyers } = options;
  const layout = await planLayout();
  say('Starting PostgreSQL three times, etcd, HAProxy, PgBouncer, Redis twice and three Sentinels');
  const [database, redis] = await Promise.all([
    startDatabaseCluster(machine, layout),
    startRedisCluster(machine, layout),
  ]);
  const shop = await openShop({ machine, layout, database, redis, buyers, say });
  const since = new Date();
  const crowd = await startCrowd(shop.urls, shop.emails);
  const scene = { machine, database, redis, shop, crowd, options };
  await whenSold(scene, 'the shop sells');
  const { isLogoutSafe, failed } = await loseRedis(scene);
  const { rto_s, failedAttempts } = await loseLeader(scene);
  await crowd.stop();
  const books = await compareAll(scene, since);
  const violations = await shop.run(['check-invariants']);
  return {
    acknowledged: crowd.acknowledged.length,
    failed: { redis: failed, database: failedAttempts },
    rto_s,
    isLogoutSafe,
    books,
    violations,
  };
}

async function loseRedis(scene: Scene): Promise<{ isLogoutSafe: boolean; failed: number }> {
  const { redis, crowd, options } = scene;
  const first = crowd.attempts.length;
  options.say('kill -9 of the leading Redis');
  await redis.killFirst();
  const isLogoutSafe = await isSignedOutEverywhere(scene);
  await redis.whenMoved();
  options.say('The other Redis leads');
  await whenSold(scene, 'the shop sells on');
  return { isLogoutSafe, failed: crowd.attempts.slice(first).filter(isFailed).length };
}

async function loseLeader(scene: Scene) {
  const { database, crowd, options } = scene;
  const first = crowd.attempts.length;
  const leader = await database.findLeader();
  if (leader === undefined) throw new Error('nobody leads');
  options.say(`kill -9 of Patroni and PostgreSQL on ${leader}, which leads`);
  await database.kill(leader);
  const killed_ms = performance.now();
  const [pooled, direct] = await Promise.all([
    firstSuccess(scene, 0, killed_ms),
    firstSuccess(scene, 1, killed_ms),
  ]);
  options.say(`${await database.findLeader()} leads, and the shop sells`);
  await database.whenWhole();
  await whenSold(scene, 'the shop sells on two servers');
  database.start(leader);
  await database.whenWhole();
  options.say(`${leader} follows`);
  await whenSold(scene, 'the shop sells on three servers');
  options.say(database.control(['list']));
  if (options.handsOver) await handOver(scene);
  const failedAttempts = crowd.attempts.slice(first).filter(isFailed).length;
  return { rto_s: { pooled, direct }, failedAttempts };
}

/** A planned change of leaders, as before an upgrade. */
async function handOver(scene: Scene): Promise<void> {
  const { database, options } = scene;
  const leader = await database.findLeader();
  options.say(
    database.control(['switchover', 'freshbytes-db', '--leader', `${leader}`, '--force']),
  );
  await database.whenWhole();
  if ((await database.findLeader()) === leader) throw new Error(`${leader} still leads`);
  await whenSold(scene, 'the shop sells under another leader');
}

/** @returns seconds from the kill to the first order that was asked for after it */
async function firstSuccess(
  { machine, crowd }: Scene,
  api: number,
  killed_ms: number,
): Promise<number> {
  const find = () =>
    crowd.attempts.find(
      (it) =>
        it.path === CHECKOUT && it.api === api && it.began_ms > killed_ms && it.status === 201,
    );
  await machine.until(
    'checkouts succeed again',
    async () => find() !== undefined,
    PROGRESS_TIMEOUT_MS,
  );
  return ((find()?.ended_ms ?? Number.NaN) - killed_ms) / MS_PER_SECOND;
}

/** A session ends at one process; the other must know at once, and refuse both of its tokens. */
async function isSignedOutEverywhere({ shop: { urls, emails } }: Scene): Promise<boolean> {
  const [here, there] = urls;
  const { access: token, refresh } = await signIn(here, emails[0] ?? '');
  const ended = await ask(here, { method: 'POST', path: '/auth/logout', token, body: { refresh } });
  const mine = await ask(there, { method: 'GET', path: '/auth/permissions', token });
  const again = await ask(there, {
    method: 'POST',
    path: '/auth/login/refresh',
    body: { refresh },
  });
  return ended.status === 204 && mine.status === 401 && again.status === 401;
}

/** Until so many more orders were acknowledged. */
function whenSold({ machine, crowd, options }: Scene, what: string): Promise<void> {
  const goal = crowd.acknowledged.length + options.orders;
  return machine.until(what, async () => crowd.acknowledged.length >= goal, PROGRESS_TIMEOUT_MS);
}

/** Waits for replicas to catch up, and for nothing else. */
async function compareAll({ machine, database, crowd }: Scene, since: Date) {
  const compare = (url: string) => compareBooks(url, crowd.acknowledged, since);
  const leader = await compare(database.url);
  const servers = new Map<string, Books>([['leader', leader]]);
  for (const node of NODES) {
    const isLevel = async () => {
      const books = await compare(database.urlOf(node));
      servers.set(node, books);
      return JSON.stringify(books) === JSON.stringify(leader);
    };
    await machine.until(`${node} has what the leader has`, isLevel, PROGRESS_TIMEOUT_MS);
  }
  return Object.fromEntries(servers);
}

function isFailed({ status }: Attempt): boolean {
  return status === undefined || status >= 500;
}

export function isPassed({ books, violations, isLogoutSafe, failed }: DrillResult): boolean {
  const areEven = Object.values(books).every(isEven);
  return areEven && violations === '' && isLogoutSafe && failed.redis === 0;
}

export function reportOf(result: DrillResult): string[] {
  const { acknowledged, failed, rto_s, books, violations, isLogoutSafe } = result;
  return [
    `acknowledged orders: ${acknowledged}`,
    ...Object.entries(books).map(
      ([server, { lost, doubled, difference_centavos }]) =>
        `${server}: lost ${lost}, doubled ${doubled}, sums differ by ${difference_centavos} centavos`,
    ),
    `Redis killed: ${failed.redis} failed requests, a logout meanwhile ${isLogoutSafe ? 'held everywhere' : 'DID NOT HOLD'}`,
    `PostgreSQL killed: ${failed.database} requests made again, orders after ${rto_s.direct.toFixed(1)} s (through PgBouncer ${rto_s.pooled.toFixed(1)} s)`,
    violations === '' ? 'all that must hold does' : violations,
  ];
}

async function main(): Promise<void> {
  const result = await drill({
    buyers: 8,
    orders: 60,
    handsOver: true,
    say: (line) => console.error(line),
  });
  for (const line of reportOf(result)) console.log(line);
  if (!isPassed(result)) process.exitCode = 1;
}

if (import.meta.main) await main();
