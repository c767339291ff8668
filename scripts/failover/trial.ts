// One fault under load: struck, held, healed, and then the databases compared at rest.
import { setTimeout as pause } from 'node:timers/promises';
import { compareOrders, type OrderComparison } from './comparison.ts';
import {
  type Acknowledged,
  type Attempt,
  ask,
  CHECKOUT,
  type Crowd,
  signIn,
  startCrowd,
} from './customers.ts';
import type { Cast, Fault } from './faults.ts';
import type { DatabaseCluster } from './machines/database-cluster.ts';
import { NODES } from './machines/hosts.ts';
import { type Machine, sendTo } from './machines/machine.ts';
import { cut, restore } from './machines/network.ts';
import type { RedisCluster } from './machines/redis-cluster.ts';
import type { Service } from './service.ts';

const PROGRESS_TIMEOUT_MS = 300_000;
export const MS_PER_SECOND = 1_000;

export interface Scene {
  readonly machine: Machine;
  readonly database: DatabaseCluster;
  readonly redis: RedisCluster;
  readonly service: Service;
  /** That must be acknowledged before the fault, and again after it. */
  readonly orders: number;
  readonly printProgress: (line: string) => void;
}

export interface TrialResult {
  readonly fault: string;
  readonly acknowledged: readonly Acknowledged[];
  /** Requests that had to be made again. */
  readonly failed: number;
  /** Answers that no client expects. */
  readonly surprises: readonly string[];
  /** Longest time without an acknowledged order from the fault on, by way: through PgBouncer, and past it. */
  readonly outage_s: { readonly pooled: number; readonly direct: number };
  /** Before and after. */
  readonly leaders: readonly [string, string];
  readonly timelines: readonly [number, number];
  /** Of the leader, and of each server. */
  readonly comparisons: Readonly<Record<string, OrderComparison>>;
  /** Whether a session that ended meanwhile was dead at once, everywhere. */
  readonly isLogoutSafe?: boolean;
}

/** @throws Error where the service does not come back */
export async function tryFault(scene: Scene, fault: Fault): Promise<TrialResult> {
  const { database, redis, service, printProgress } = scene;
  const cast = await assignRoles(scene);
  const since = new Date();
  const crowd = await startCrowd(service.urls, service.emails);
  await whenSold(scene, crowd, 'orders are accepted');
  printProgress(`${fault.name}: ${fault.what}: ${JSON.stringify(cast)}`);
  const first = crowd.attempts.length;
  const struck_ms = performance.now();
  const heal = strike(scene, fault, cast);
  const isLogoutSafe = fault.hasLogout === true ? await isSignedOutEverywhere(service) : undefined;
  await pause(struck_ms + fault.hold_s * MS_PER_SECOND - performance.now());
  printProgress(`${fault.name}: healed, ${crowd.acknowledged.length} orders acknowledged so far`);
  heal();
  const [after] = await Promise.all([database.whenWhole(), redis.whenWhole()]);
  await whenSold(scene, crowd, 'orders are accepted on three servers');
  await crowd.stop();
  const ended_ms = performance.now();
  const { acknowledged, attempts } = crowd;
  const outageOf = (api: number) =>
    longestGap(attempts, { api, from_ms: struck_ms, to_ms: ended_ms }) / MS_PER_SECOND;
  return {
    fault: fault.name,
    acknowledged,
    failed: attempts.slice(first).filter(isFailed).length,
    surprises: crowd.surprises,
    outage_s: { pooled: outageOf(0), direct: outageOf(1) },
    leaders: [cast.leader, after.leader],
    timelines: [cast.timeline, after.timeline],
    comparisons: await compareAll(scene, acknowledged, since),
    ...(isLogoutSafe === undefined ? {} : { isLogoutSafe }),
  };
}

async function assignRoles({ database, redis }: Scene): Promise<Cast & { timeline: number }> {
  const { leader, standby, timeline } = await database.whenWhole();
  await redis.whenWhole();
  const third = NODES.find((node) => node !== leader && node !== standby);
  const leadingRedis = await redis.findLeader();
  if (third === undefined || leadingRedis === undefined) throw new Error('an office is vacant');
  return { leader, standby, third, redis: leadingRedis, timeline };
}

/** @returns what heals it */
function strike({ machine, database, printProgress }: Scene, fault: Fault, cast: Cast): () => void {
  if ('command' in fault) {
    printProgress(database.control(fault.command(cast)));
    return () => {};
  }
  if ('cuts' in fault) {
    const cuts = fault.cuts(cast);
    cuts.forEach(cut);
    return () => cuts.forEach(restore);
  }
  const nodes = fault.at.map((role) => cast[role]);
  const { signal, program, isOne } = fault;
  for (const node of nodes) sendTo(node, signal, { program, isOne });
  return () => {
    for (const node of nodes)
      if (signal === 'SIGKILL') machine.revive(node);
      else sendTo(node, 'SIGCONT', { program });
  };
}

interface Span {
  readonly api: number;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Between two orders that were acknowledged one after the other by one process. */
function longestGap(attempts: readonly Attempt[], { api, from_ms, to_ms }: Span): number {
  const ends = attempts
    .filter((it) => it.path === CHECKOUT && it.api === api && it.status === 201)
    .map((it) => it.ended_ms)
    .filter((ended_ms) => ended_ms > from_ms);
  const moments = [from_ms, ...ends, to_ms];
  return Math.max(...moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment)));
}

/** A session ends at one process; the other must know at once, and refuse both of its tokens. */
async function isSignedOutEverywhere({ urls, emails }: Service): Promise<boolean> {
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
function whenSold({ machine, orders }: Scene, crowd: Crowd, what: string): Promise<void> {
  const goal = crowd.acknowledged.length + orders;
  return machine.until(what, async () => crowd.acknowledged.length >= goal, PROGRESS_TIMEOUT_MS);
}

/** Waits for replicas to catch up, and for nothing else. @returns the leader's orders, and each server's */
export async function compareAll(
  { machine, database }: Pick<Scene, 'machine' | 'database'>,
  acknowledged: readonly Acknowledged[],
  since: Date,
): Promise<Readonly<Record<string, OrderComparison>>> {
  const compare = (url: string) => compareOrders(url, acknowledged, since);
  const leader = await compare(database.url);
  const servers = new Map<string, OrderComparison>([['leader', leader]]);
  for (const node of NODES) {
    const isLevel = async () => {
      const comparisons = await compare(database.urlOf(node));
      servers.set(node, comparisons);
      return JSON.stringify(comparisons) === JSON.stringify(leader);
    };
    await machine.until(`${node} has what the leader has`, isLevel, PROGRESS_TIMEOUT_MS);
  }
  return Object.fromEntries(servers);
}

function isFailed({ status }: Attempt): boolean {
  return status === undefined || status >= 500;
}
