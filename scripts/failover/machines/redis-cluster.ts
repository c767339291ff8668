// Redis on the first machine, a replica of it on the second, and a Sentinel on each of the three.
import { Redis } from 'ioredis';
import { renderFile } from '../../../ops/ha/render.ts';
import { HOSTS, NODES, type NodeName } from './hosts.ts';
import type { Machine } from './machine.ts';
import { programPath } from './programs.ts';
import { type Layout, settingsOf } from './settings.ts';

const SERVERS = ['db1', 'db2'] as const;
const START_TIMEOUT_MS = 300_000;
/** A Sentinel that was stopped or slow trusts nobody for thirty seconds. */
const SETTLE_TIMEOUT_MS = 600_000;
const ANSWER_TIMEOUT_MS = 5_000;

export interface RedisCluster {
  /** Names the Sentinels. */
  readonly url: string;
  /** As most Sentinels see it. */
  findLeader(): Promise<NodeName | undefined>;
  /** Resolves once all Sentinels agree on who leads, and it has a replica. */
  whenWhole(): Promise<void>;
}

export async function startRedisCluster(machine: Machine, layout: Layout): Promise<RedisCluster> {
  const { passwords, portOf } = layout;
  const port = portOf('REDIS_PORT');
  for (const node of SERVERS) startServer(machine, layout, node);
  const askServer = (node: NodeName, judge: (redis: Redis) => Promise<boolean>) =>
    ask(node, port, passwords.redis, judge).then((isSo) => isSo === true);
  const hasReplica = async (redis: Redis) => /^slave0:.*state=online/m.test(await redis.info());
  const isPaired = (node: NodeName) => askServer(node, hasReplica);
  await machine.until('Redis has a replica', () => isPaired('db1'), START_TIMEOUT_MS);
  for (const node of NODES) startSentinel(machine, layout, node);
  const askSentinel = (node: NodeName) =>
    ask(node, portOf('SENTINEL_PORT'), passwords.redis, leaderAsSeen);
  const isWhole = async () => {
    const [first, ...others] = await Promise.all(NODES.map(askSentinel));
    return first !== undefined && others.every((it) => it === first) && (await isPaired(first));
  };
  const whenWhole = () => machine.until('Redis is whole', isWhole, SETTLE_TIMEOUT_MS);
  await whenWhole();
  const addresses = NODES.map((node) => `${HOSTS[node]}:${portOf('SENTINEL_PORT')}`).join(',');
  return {
    url: `redis+sentinel://:${passwords.redis}@${addresses}/freshbytes`,
    findLeader: async () => {
      const seen = await Promise.all(NODES.map(askSentinel));
      return seen.find((it, index) => it !== undefined && seen.indexOf(it) !== index);
    },
    whenWhole,
  };
}

function startServer(machine: Machine, layout: Layout, node: NodeName): void {
  const name = `${node}-redis`;
  const path = machine.write(
    `${name}.conf`,
    renderFile('redis.conf', settingsOf(machine, layout, node)),
  );
  const [first] = SERVERS;
  machine.start({
    name,
    host: node,
    program: programPath('redis-server'),
    args: [path],
    firstArgs:
      node === first ? [] : ['--replicaof', HOSTS[first], `${layout.portOf('REDIS_PORT')}`],
  });
}

function startSentinel(machine: Machine, layout: Layout, node: NodeName): void {
  const name = `${node}-sentinel`;
  const path = machine.write(
    `${name}.conf`,
    renderFile('sentinel.conf', settingsOf(machine, layout, node)),
  );
  machine.start({ name, host: node, program: programPath('redis-sentinel'), args: [path] });
}

/** Absent where this Sentinel does not know all others and the replica yet. */
async function leaderAsSeen(redis: Redis): Promise<NodeName | undefined> {
  const facts = await redis.info('sentinel');
  if (!facts.includes(`status=ok`) || !facts.includes(`slaves=1,sentinels=${NODES.length}`))
    return undefined;
  const address = await redis.call('SENTINEL', 'get-master-addr-by-name', 'freshbytes');
  return Array.isArray(address) ? NODES.find((node) => HOSTS[node] === address[0]) : undefined;
}

/** One question; undefined where nobody answers it. */
async function ask<Answer>(
  node: NodeName,
  port: number,
  password: string,
  judge: (redis: Redis) => Promise<Answer>,
): Promise<Answer | undefined> {
  const redis = new Redis({
    host: HOSTS[node],
    port,
    password,
    lazyConnect: true,
    retryStrategy: null,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
  });
  // The question below fails too.
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await judge(redis);
  } catch {
    // It is not there yet.
    return undefined;
  } finally {
    redis.disconnect();
  }
}
