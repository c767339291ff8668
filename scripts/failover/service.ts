// The service over the clusters: two API processes, one through PgBouncer and one past it, and a worker.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { Environment } from '../../src/config.ts';
import { createCommands } from '../drill/commands.ts';
import type { DatabaseCluster } from './machines/database-cluster.ts';
import { CLIENTS } from './machines/hosts.ts';
import type { Machine, Environment as Variables } from './machines/machine.ts';
import type { RedisCluster } from './machines/redis-cluster.ts';
import { API_PORTS } from './machines/settings.ts';

const BIN = join(import.meta.dirname, '../../bin/freshbytes.js');
const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 300_000;
/** Counted for every request, in Redis, and never reached. */
const NO_LIMIT = '9999999/second';
/** A few customers place hundreds of orders that nobody delivers. */
const NO_BOUNDS = {
  UNPAID_ORDERS_MAX: '10000',
  UNPAID_TOTAL_MAX: '9999999999999',
  UNPAID_STOCK_SHARE: '100',
};

export interface Service {
  readonly urls: readonly [string, string];
  readonly emails: readonly string[];
  /** Runs a command of ours against the leader. @returns what it printed */
  run(args: readonly string[]): Promise<string>;
}

export interface ServiceOptions {
  readonly machine: Machine;
  readonly database: DatabaseCluster;
  readonly redis: RedisCluster;
  readonly customers: number;
  readonly printProgress: (line: string) => void;
}

export async function startService(options: ServiceOptions): Promise<Service> {
  const { machine, database, redis, printProgress } = options;
  const env = {
    ...environment(machine),
    DATABASE_URL: database.url,
    DATABASE_DIRECT_URL: database.url,
    REDIS_URL: redis.url,
  };
  const commands = createCommands(env, printProgress);
  await commands.run(['migrate']);
  await commands.run(['seed', '--size', 'small']);
  const emails = await letCustomersIn(database, options.customers);
  const [first, second] = API_PORTS;
  startOurs(machine, 'api1', { ...env, DATABASE_URL: database.pooledUrl, PORT: String(first) });
  startOurs(machine, 'api2', { ...env, PORT: String(second) });
  startOurs(machine, 'worker', env);
  const urls = [`http://${HOST}:${first}`, `http://${HOST}:${second}`] as const;
  for (const url of urls)
    await machine.until(`${url} is ready`, () => isReady(url), START_TIMEOUT_MS);
  return { urls, emails, run: (args) => commands.run(args) };
}

function environment(machine: Machine): Variables {
  const { privateKey } = generateKeyPairSync('ed25519');
  const limits = Object.keys(Environment.properties).filter((it) => it.startsWith('RATE_LIMIT_'));
  return {
    NODE_ENV: 'development',
    HOST,
    DATA_DIR: machine.folderOf('app'),
    APP_SECRET: randomBytes(32).toString('base64url'),
    JWT_PRIVATE_KEYS: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    LOG_LEVEL: 'warn',
    WORKER: 'off',
    ...NO_BOUNDS,
    ...Object.fromEntries(limits.map((name) => [name, NO_LIMIT])),
  };
}

function startOurs(machine: Machine, name: string, env: Variables): void {
  const command = name === 'worker' ? 'worker' : 'serve';
  const args = [BIN, command];
  machine.start({ name, host: CLIENTS, program: process.execPath, args, env, isOurs: true });
}

/** Of the demo market's customers one can sign in; so many more get the same password. @returns their addresses */
async function letCustomersIn(database: DatabaseCluster, count: number): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ user_email: string }>(
      `UPDATE users SET password_hash = demo.password_hash
       FROM (SELECT password_hash FROM users WHERE user_email = 'customer@freshbytes.test') AS demo
       WHERE id IN (
         SELECT id FROM users
         WHERE role = 'customer' AND email_verified_at IS NOT NULL AND is_active
         ORDER BY id LIMIT $1)
       RETURNING user_email`,
      [count],
    );
    return rows.map(({ user_email }) => user_email);
  } finally {
    await client.end();
  }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
  return answer?.ok === true;
}
