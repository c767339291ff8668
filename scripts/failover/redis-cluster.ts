// Redis, a replica of it, and three Sentinels that watch both.
import { Redis } from 'ioredis';
import { renderFile } from '../../ops/ha/render.ts';
import type { Machine, Program } from './machine.ts';
import { programPath } from './programs.ts';
import { HOST, type Layout } from './settings.ts';

const START_TIMEOUT_MS = 60_000;
const QUORUM_OF_OTHERS = 2;

export interface RedisCluster {
  /** Names the Sentinels. */
  readonly url: string;
  /** Ends the one that leads at first, without a word. */
  killFirst(): Promise<void>;
  /** Resolves once the Sentinels say that the other one leads. */
  whenMoved(): Promise<void>;
}

export async function startRedisCluster(machine: Machine, layout: Layout): Promise<RedisCluster> {
  const { redis_ports, sentinel_ports, passwords } = layout;
  const [first_port, second_port] = redis_ports;
  const first = startServer(machine, layout, first_port);
  startServer(machine, layout, second_port, ['--replicaof', HOST, String(first_port)]);
  const hasReplica = (info: string) => /^slave0:.*state=online/m.test(info);
  await machine.until(
    'Redis has a replica',
    () => ask(first_port, passwords.redis, async (redis) => hasReplica(await redis.info())),
    START_TIMEOUT_MS,
  );
  for (const port of sentinel_ports) startSentinel(machine, layout, port);
  const [watcher_port] = sentinel_ports;
  const askSentinel = (judge: (redis: Redis) => Promise<boolean>) =>
    ask(watcher_port, passwords.redis, judge);
  const knowsAll = async (redis: Redis) => {
    const facts = await redis.info('sentinel');
    return facts.includes(`slaves=1,sentinels=${QUORUM_OF_OTHERS + 1}`);
  };
  await machine.until('Sentinels know all', () => askSentinel(knowsAll), START_TIMEOUT_MS);
  const addresses = sentinel_ports.map((port) => `${HOST}:${port}`).join(',');
  return {
    url: `redis+sentinel://:${passwords.redis}@${addresses}/freshbytes`,
    killFirst: () => first.end('SIGKILL'),
    whenMoved: () => {
      const isMoved = async (redis: Redis) => {
        const address = await redis.call('SENTINEL', 'get-master-addr-by-name', 'freshbytes');
        return Array.isArray(address) && address[1] === String(second_port);
      };
      return machine.until('another Redis leads', () => askSentinel(isMoved), START_TIMEOUT_MS);
    },
  };
}

function startServer(
  machine: Machine,
  { shared }: Layout,
  port: number,
  args: readonly string[] = [],
): Program {
  const name = `redis-${port}`;
  const settings = { ...shared, REDIS_PORT: port, REDIS_DIR: machine.makeFolder(name) };
  const path = machine.write(`${name}.conf`, renderFile('redis.conf', settings));
  return machine.start({ name, program: programPath('redis-server'), args: [path, ...args] });
}

function startSentinel(machine: Machine, { shared }: Layout, port: number): void {
  const name = `sentinel-${port}`;
  const settings = { ...shared, SENTINEL_PORT: port, SENTINEL_DIR: machine.makeFolder(name) };
  const path = machine.write(`${name}.conf`, renderFile('sentinel.conf', settings));
  machine.start({ name, program: programPath('redis-sentinel'), args: [path] });
}

/** One question; false where nobody answers it. */
async function ask(
  port: number,
  password: string,
  judge: (redis: Redis) => Promise<boolean>,
): Promise<boolean> {
  const redis = new Redis({ host: HOST, port, password, lazyConnect: true, retryStrategy: null });
  // The question below fails too.
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await judge(redis);
  } catch {
    // It is not there yet.
    return false;
  } finally {
    redis.disconnect();
  }
}
