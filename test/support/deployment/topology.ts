// The services of compose.yaml as processes of this machine, with their own commands, settings, secrets and configuration
// files. Only where things are is another: folders, ports and the addresses of other services.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type MailCatcher, openMailCatcher } from '../network/mail-catcher.ts';
import { openNameServer } from '../network/name-server.ts';
import { readCompose, type Service, startOrder } from './compose.ts';
import { envOf, runtime, wordsOf } from './image.ts';
import { startCluster } from './topology.postgres.ts';
import {
  choosePorts,
  localEnvironment,
  localise,
  makeSecrets,
  mountSecrets,
  portOf,
  SECRETS_DIR,
  type Site,
  serviceOf,
} from './topology.site.ts';

const ROOT = join(import.meta.dirname, '../../..');
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** Servers that stand in for those of the images. */
const PROGRAMS: Readonly<Record<string, string>> = { 'valkey-server': 'redis-server' };
export const REPLICA_ADDRESSES = ['127.0.0.2', '127.0.0.3'];
/** From here the proxy speaks to the API. */
const PROXY_ADDRESS = '127.0.0.1';

const isInstalled = (program: string) => spawnSync(program, ['-v']).error === undefined;
/** Tests of the topology are skipped without its servers, unless it is said that they must run. */
export const hasTopology =
  ['haproxy', 'redis-server', 'openssl', 'curl'].every(isInstalled) ||
  process.env['REQUIRE_TOPOLOGY'] === '1';

export interface Replica {
  readonly child: ChildProcess;
  /** `http://<its own address>:<port>`, past the proxy. */
  readonly url: string;
  /** What it printed, its log. */
  readonly printed: () => string;
}

export interface Topology {
  readonly api: readonly Replica[];
  readonly worker: Replica;
  readonly mail: MailCatcher;
  /** Where the proxy listens, by the port in its container: `127.0.0.1:<port>`. */
  readonly published: (containerPort: number) => string;
  /** The value of a secret. */
  readonly secret: (name: string) => Promise<string>;
  close(): Promise<void>;
}

/** @param extraSteps commands of the service `migrate` that an operator gives by hand before the rest starts */
export async function startTopology(
  files: readonly string[],
  extraSteps: readonly string[] = [],
): Promise<Topology> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-topology-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const compose = readCompose(files);
  const mail = await openMailCatcher();
  stack.defer(() => mail.close());
  const names = await openNameServer({ api: REPLICA_ADDRESSES });
  stack.defer(() => names.close());
  const site: Site = { compose, folder, ports: await choosePorts(mail.port, names.port), stack };
  await makeSecrets(site);
  const replicas = await startServices(site, extraSteps);
  const { worker: [worker] = [], api = [] } = replicas;
  if (worker === undefined) throw new Error('no worker');
  const running = stack.move();
  return {
    api,
    worker,
    mail,
    published: (port) => `127.0.0.1:${portOf(site, `proxy:${port}`)}`,
    secret: (name) => readFile(join(folder, 'secrets', name), 'utf8').then((text) => text.trim()),
    close: () => running.disposeAsync(),
  };
}

async function startServices(
  site: Site,
  extraSteps: readonly string[],
): Promise<Record<string, Replica[]>> {
  const started: Record<string, Replica[]> = {};
  for (const name of startOrder(site.compose)) {
    const service = serviceOf(site, name);
    if (name === 'mail') continue;
    await mountSecrets(site, name);
    if (name === 'postgres') await startPostgres(site, service);
    else if (name === 'valkey') await startValkey(site, service);
    else if (name === 'proxy') await startProxy(site, service);
    else if (isStep(site, name)) await runStep(site, name);
    else started[name] = await startReplicas(site, name);
    if (name === 'migrate') for (const step of extraSteps) await runStep(site, name, [step]);
  }
  return started;
}

function isStep({ compose }: Site, name: string): boolean {
  return Object.values(compose.services).some(
    ({ depends_on = {} }) => depends_on[name]?.condition === 'service_completed_successfully',
  );
}

async function startPostgres(site: Site, service: Service): Promise<void> {
  const env = localEnvironment(site, 'postgres');
  const init = await readFile(join(ROOT, 'ops/compose/init-database.sql'), 'utf8');
  const cluster = await startCluster({
    folder: join(site.folder, 'postgres'),
    port: portOf(site, 'postgres:5432'),
    initdbArgs: (env['POSTGRES_INITDB_ARGS'] ?? '').split(' '),
    serverArgs: service.command?.slice(1) ?? [],
    passwordFile: env['POSTGRES_PASSWORD_FILE'] ?? '',
    database: env['POSTGRES_DB'] ?? '',
    initSql: init.replaceAll(SECRETS_DIR, join(site.folder, 'mounts', 'postgres')),
  });
  site.stack.defer(() => cluster.stop());
}

async function startValkey(site: Site, service: Service): Promise<void> {
  const port = portOf(site, 'valkey:6379');
  const words = (service.command ?? []).map((word) => localise(site, 'valkey', word));
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', site.folder];
  start(site, [...words, ...place], {});
}

async function startProxy(site: Site, service: Service): Promise<void> {
  const words = (service.command ?? []).map((word) => localise(site, 'proxy', word));
  const env = localEnvironment(site, 'proxy');
  for (const [key, value] of Object.entries(env)) {
    const ownPort = /^:(\d+)$/.exec(value)?.[1];
    if (ownPort !== undefined) env[key] = `127.0.0.1:${portOf(site, `proxy:${ownPort}`)}`;
    else if (key === 'DNS') env[key] = `127.0.0.1:${portOf(site, value)}`;
    else if (key === 'API') env[key] = value.replace(/:8000$/, `:${portOf(site, value)}`);
  }
  const { child, printed } = start(site, words, env);
  const url = `http://127.0.0.1:${portOf(site, 'proxy:8080')}/proxy-is-up`;
  await whenAnswering(url, child, printed);
}

/** What the engine would run for a service of our image, and with which settings. */
function freshbytes(
  site: Site,
  name: string,
  command: readonly string[] = serviceOf(site, name).command ?? [],
): { words: string[]; env: Record<string, string> } {
  const env = { ...envOf(runtime, site.folder), ...localEnvironment(site, name) };
  const edge = serviceOf(site, 'proxy').networks as Record<string, { ipv4_address?: string }>;
  for (const setting of ['TRUST_PROXY', 'LOCAL_PROXY'])
    if (env[setting] === edge['edge']?.ipv4_address) env[setting] = PROXY_ADDRESS;
  return { words: [...wordsOf(runtime, 'ENTRYPOINT'), ...command], env };
}

async function runStep(site: Site, name: string, command?: readonly string[]): Promise<void> {
  const { words, env } = freshbytes(site, name, command);
  const { child, printed } = start(site, words, env);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${name} failed:\n${printed()}`);
}

async function startReplicas(site: Site, name: string): Promise<Replica[]> {
  const count = serviceOf(site, name).deploy.replicas ?? 1;
  const hosts = name === 'api' ? REPLICA_ADDRESSES.slice(0, count) : [PROXY_ADDRESS];
  const port = portOf(site, name === 'api' ? 'api:8000' : 'worker:8001');
  const replicas = hosts.map((HOST) => {
    const place = { HOST, [name === 'api' ? 'PORT' : 'WORKER_PORT']: String(port) };
    const { words, env } = freshbytes(site, name);
    return { ...start(site, words, { ...env, ...place }), url: `http://${HOST}:${port}` };
  });
  for (const { url, child, printed } of replicas)
    await whenAnswering(`${url}/health/ready`, child, printed);
  return replicas;
}

/** Ends with the topology. */
function start(
  { stack }: Site,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; printed: () => string } {
  const path = program === 'node' ? process.execPath : (PROGRAMS[program] ?? program);
  const child = spawn(path, args, {
    cwd: ROOT,
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return { child, printed: () => said };
}

async function whenAnswering(
  url: string,
  child: ChildProcess,
  printed: () => string,
): Promise<void> {
  const isAnswering = async () => {
    if (child.exitCode !== null) throw new Error(`${url} ended:\n${printed()}`);
    return (await fetch(url).catch(() => undefined))?.ok === true;
  };
  await vi.waitUntil(isAnswering, { timeout: START_TIMEOUT_MS, interval: POLL_MS });
}
