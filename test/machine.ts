// A machine as ops/deploy knows it, in a folder: releases, links, processes, and HAProxy in front of them.
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
import { findFreePorts } from '../scripts/free-port.ts';
import { createProcessBench, type ProcessBench } from './processes.ts';

const ROOT = join(import.meta.dirname, '..');
const DEPLOY = join(ROOT, 'ops/deploy');
const PORTS_OF_CONFIGURATION = ['8000', '8001', '8002', '8404'];
const PROXY = 'haproxy';

/** Tests that need HAProxy are skipped without it, unless it is said that they must run. */
export const hasHaproxy =
  spawnSync(PROXY, ['-v']).error === undefined || process.env['REQUIRE_HAPROXY'] === '1';

export interface Machine {
  readonly root: string;
  readonly url: string;
  readonly bench: ProcessBench;
  /** Runs a script of ops/deploy, as it stands in the repository. */
  run(script: string, args?: readonly string[]): Promise<{ exitCode: number; said: string }>;
  /** Versions that the links to the API processes and to `current` name. */
  releases(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export async function createMachine(): Promise<Machine> {
  const bench = await createProcessBench();
  const root = await mkdtemp(join(tmpdir(), 'freshbytes-deploy-'));
  const ports = await findFreePorts(PORTS_OF_CONFIGURATION.length + 1);
  const [proxy, api, second, statistics, worker] = ports;
  const stopProxy = await startProxy(root, ports);
  const units = [`worker@${worker}`, `api@${api}`, `api@${second}`];
  const url = `http://127.0.0.1:${proxy}`;
  const env = {
    // The same Node as here, and what the scripts are made of.
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    FRESHBYTES_ROOT: root,
    FRESHBYTES_SERVICE: join(DEPLOY, 'processes.sh'),
    FRESHBYTES_INSTANCES: units.join(' '),
    FRESHBYTES_PROXY_URL: url,
    FRESHBYTES_PROXY_STATS_URL: `http://127.0.0.1:${statistics}`,
    FRESHBYTES_WATCH_S: '1',
    ...settings(bench, root),
  };
  const running = new Set<Promise<unknown>>();
  const run: Machine['run'] = async (script, args = []) => {
    const child = spawn(join(DEPLOY, script), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    running.add(ended);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: Number((await ended)[0]), said: stdout + stderr };
  };
  const linked = async (path: string) => basename(await readlink(join(root, path)));
  return {
    root,
    bench,
    run,
    url,
    releases: async () => ({
      worker: await linked(`instances/worker@${worker}`),
      api: await linked(`instances/api@${api}`),
      second: await linked(`instances/api@${second}`),
      current: await linked('current'),
      previous: await linked('previous'),
    }),
    close: async () => {
      await Promise.all(running);
      await Promise.all(units.map((unit) => run('processes.sh', ['stop', `freshbytes-${unit}`])));
      await stopProxy();
      await bench.close();
      await rm(root, { recursive: true });
    },
  };
}

function settings({ test }: ProcessBench, root: string): Record<string, string> {
  const { APP_SECRET, JWT_PRIVATE_KEYS } = test.services.config;
  return {
    NODE_ENV: 'development',
    DATABASE_URL: test.databaseUrl,
    DATA_DIR: join(root, 'data'),
    APP_SECRET: `${APP_SECRET}`,
    JWT_PRIVATE_KEYS: `${JWT_PRIVATE_KEYS}`,
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
  };
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
