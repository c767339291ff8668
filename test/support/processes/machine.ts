// A machine as ops/deploy knows it, in a folder: releases, links, settings, processes, and HAProxy in front of them, on a
// database of two roles.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { productionSettings } from '../../../bench/setup/production.ts';
import { findFreePorts } from '../../../scripts/free-port.ts';
import { createTestApp, type TestApp } from '../app.ts';
import { openMailCatcher } from '../network/mail-catcher.ts';
import { createTwoRoles, type TwoRoles } from './two-roles.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DEPLOY = join(ROOT, 'ops/deploy');
const PORTS_OF_CONFIGURATION = ['8000', '8001', '8002', '8404'];
const PROXY = 'haproxy';
/** So few that any client of this machine has used them up at once. */
const RATE_LIMIT_ANONYMOUS = '5/day';

/** Tests that need HAProxy are skipped without it, unless it is said that they must run. */
export const hasHaproxy =
  spawnSync(PROXY, ['-v']).error === undefined || process.env['REQUIRE_HAPROXY'] === '1';

export interface Machine {
  readonly root: string;
  /** Of the proxy. */
  readonly url: string;
  /** Of an API process, past the proxy. */
  readonly apiUrl: string;
  readonly roles: TwoRoles;
  /** The same database and keys in this process, at the same time of day, for rows and tokens. After a deployment. */
  openApp(): Promise<TestApp>;
  /** Runs a script of ops/deploy, as it stands in the repository. */
  run(script: string, args?: readonly string[]): Promise<{ exitCode: number; said: string }>;
  /** Versions that the links to the API processes and to `current` name. */
  releases(): Promise<Record<string, string>>;
  /** What the units of that name have logged. */
  log(unit: string): Promise<string>;
  close(): Promise<void>;
}

export async function createMachine(): Promise<Machine> {
  await using stack = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'freshbytes-deploy-'));
  stack.defer(() => rm(root, { recursive: true }));
  const roles = await createTwoRoles();
  stack.defer(() => roles.dropRoles());
  stack.defer(() => roles.drop());
  const mail = await openMailCatcher();
  stack.defer(() => mail.close());
  const settings = await writeSettings(root, roles, mail.port);
  const ports = await findFreePorts(PORTS_OF_CONFIGURATION.length + 1);
  const [proxy, api, second, statistics, worker] = ports;
  stack.defer(await startProxy(root, ports));
  const units = [`worker@${worker}`, `api@${api}`, `api@${second}`];
  const url = `http://127.0.0.1:${proxy}`;
  const env = {
    // The same Node as here, and what the scripts are made of.
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    FRESHBYTES_ROOT: root,
    FRESHBYTES_SETTINGS: root,
    FRESHBYTES_SERVICE: join(DEPLOY, 'processes.sh'),
    FRESHBYTES_INSTANCES: units.join(' '),
    FRESHBYTES_PROXY_URL: url,
    FRESHBYTES_PROXY_STATS_URL: `http://127.0.0.1:${statistics}`,
    FRESHBYTES_WATCH_S: '1',
  };
  const running = new Set<Promise<unknown>>();
  const run: Machine['run'] = async (script, args = []) => {
    const child = spawn(join(DEPLOY, script), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    running.add(ended);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: Number((await ended)[0]), said: stdout + stderr };
  };
  stack.defer(async () => {
    await Promise.all(running);
    await Promise.all(units.map((unit) => run('processes.sh', ['stop', `freshbytes-${unit}`])));
  });
  const linked = async (path: string) => basename(await readlink(join(root, path)));
  const resources = stack.move();
  return {
    root,
    url,
    apiUrl: `http://127.0.0.1:${api}`,
    roles,
    run,
    openApp: async () => {
      const test = await createTestApp({
        poolSize: 2,
        env: settings,
        database: { url: roles.runtimeUrl, drop: async () => {} },
      });
      resources.defer(() => test.close());
      test.clock.advance(Date.now() - test.clock.now().getTime());
      return test;
    },
    releases: async () => ({
      worker: await linked(`instances/worker@${worker}`),
      api: await linked(`instances/api@${api}`),
      second: await linked(`instances/api@${second}`),
      current: await linked('current'),
      previous: await linked('previous'),
    }),
    log: (unit) => readFile(join(root, 'log', `freshbytes-${unit}.log`), 'utf8'),
    close: () => resources.disposeAsync(),
  };
}

/**
 * Those of a production install: `environment` for every unit, and `owner` for that of the migrations.
 * @returns the secrets among them
 */
async function writeSettings(
  root: string,
  { ownerUrl, runtimeUrl, runtime }: TwoRoles,
  mailPort: number,
): Promise<{ APP_SECRET: string; JWT_PRIVATE_KEYS: string }> {
  const { WORKER: _, ...production } = productionSettings(join(root, 'data')).env;
  const environment = {
    ...production,
    DATABASE_URL: runtimeUrl,
    TRUST_PROXY: '127.0.0.1',
    SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
    SMS_PROVIDER: 'none',
    LOG_LEVEL: 'error',
    RATE_LIMIT_ANONYMOUS,
  };
  await writeLines(join(root, 'environment'), environment);
  await writeLines(join(root, 'owner'), { DATABASE_URL: ownerUrl, DATABASE_RUNTIME_ROLE: runtime });
  const { APP_SECRET = '', JWT_PRIVATE_KEYS = '' } = production;
  return { APP_SECRET, JWT_PRIVATE_KEYS };
}

function writeLines(path: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`);
  return writeFile(path, ['# As systemd reads it.\n', ...lines].join(''));
}

/** HAProxy as it is configured, on other ports. */
async function startProxy(root: string, ports: readonly number[]): Promise<() => Promise<void>> {
  const shipped = await readFile(join(DEPLOY, 'haproxy.cfg'), 'utf8');
  const port = (text: string) => String(ports[PORTS_OF_CONFIGURATION.indexOf(text)]);
  const path = join(root, 'haproxy.cfg');
  await writeFile(path, shipped.replace(/\b8\d{3}\b/g, port));
  const proxy = spawn(PROXY, ['-db', '-q', '-f', path], { stdio: 'inherit' });
  const ended = once(proxy, 'exit');
  return async () => {
    proxy.kill();
    await ended;
  };
}

/** This checkout as a release of that version, with these lines at the end of files, which may be new ones. */
export async function unpack(
  root: string,
  version: string,
  lines: Readonly<Record<string, string>> = {},
): Promise<void> {
  const release = join(root, 'releases', version);
  await mkdir(release, { recursive: true });
  for (const folder of ['bin', 'src', 'migrations']) {
    await cp(join(ROOT, folder), join(release, folder), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(release, 'node_modules'));
  const description: object = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await writeFile(join(release, 'package.json'), JSON.stringify({ ...description, version }));
  for (const [path, line] of Object.entries(lines)) {
    await appendFile(join(release, path), `\n${line}\n`);
  }
}
