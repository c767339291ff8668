// Stacks of this checkout on the container engine of this machine: a copy of the files, projects, ports and secrets of their
// own, so that nothing else that runs here is touched; and all of it is gone at the end.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findFreePorts } from '../../scripts/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Below the checkout, because an engine may see no other folder of this machine. Ignored by git. */
const SCRATCH = join(ROOT, 'node_modules/.cache');
const MIN_COMPOSE = [2, 24, 4] as const;
const MIN_ENGINE = [25, 0, 0] as const;

/** Why there is nothing to test with here; undefined where there is. */
export const missing = findMissing();

function findMissing(): string | undefined {
  const versionOf = (args: readonly string[]) => {
    const { status, stdout } = spawnSync('docker', args, { encoding: 'utf8' });
    return status === 0 ? stdout.trim().replace(/^v/, '') : undefined;
  };
  const engine = versionOf(['version', '--format', '{{.Server.Version}}']);
  if (engine === undefined) return 'no Docker engine answers';
  if (isOlder(engine, MIN_ENGINE))
    return `the engine is ${engine}: ${MIN_ENGINE.join('.')} is needed`;
  const compose = versionOf(['compose', 'version', '--short']);
  if (compose === undefined) return 'Docker Compose is not installed';
  if (isOlder(compose, MIN_COMPOSE))
    return `Compose is ${compose}: ${MIN_COMPOSE.join('.')} is needed`;
  return undefined;
}

function isOlder(version: string, wanted: readonly number[]): boolean {
  const parts = version.split(/[^\d]+/).map(Number);
  const at = wanted.findIndex((part, i) => parts[i] !== part);
  return at >= 0 && (parts[at] ?? 0) < (wanted[at] ?? 0);
}

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Both streams, each as a whole. */
  readonly output: string;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly mail: number;
  readonly demo: number;
}

/** One set of compose files as one project. */
export interface Stack {
  readonly project: string;
  /** `docker compose <args>`; @throws Error with what it said where it fails */
  compose(...args: string[]): Promise<string>;
  /** The same, whatever it ends with. */
  tryCompose(...args: string[]): Promise<Ran>;
  /** Ids of the containers of a service that run, the oldest first. */
  containers(service: string): Promise<string[]>;
}

export interface Checkout {
  /** Copy of this checkout. */
  readonly folder: string;
  readonly ports: Ports;
  readonly image: string;
  /** Any program in the copy; @throws Error with what it said where it fails */
  run(program: string, ...args: string[]): Promise<string>;
  stack(files: readonly string[], name: string): Stack;
  /** Removes the stacks with their volumes, the images and the copy. */
  remove(): Promise<void>;
}

export async function createCheckout(): Promise<Checkout> {
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, 'freshbytes-containers-'));
  copySources(folder);
  const [http = 0, https = 0, mail = 0, demo = 0] = await findFreePorts(4);
  const prefix = `freshbytes-test-${randomBytes(3).toString('hex')}`;
  const image = `${prefix}:latest`;
  const block = randomInt(16, 240);
  const env = {
    ...process.env,
    FRESHBYTES_IMAGE: image,
    FRESHBYTES_BACKUP_IMAGE: `${prefix}-backup:latest`,
    HTTP_PORT: String(http),
    HTTPS_PORT: String(https),
    MAIL_PORT: String(mail),
    DEMO_PORT: String(demo),
    EDGE_NETWORK: `10.${block}.0`,
    DEMO_NETWORK: `10.${block}.1`,
    BUILDKIT_PROGRESS: 'plain',
    COMPOSE_ANSI: 'never',
  };
  const tryRun = (program: string, args: readonly string[]) => tryIn(folder, env, program, args);
  const run = async (program: string, ...args: string[]) => {
    const { exitCode, stdout, output } = await tryRun(program, args);
    if (exitCode !== 0) throw new Error(`${[program, ...args].join(' ')}\n${output}`);
    return stdout;
  };
  const stacks: Stack[] = [];
  return {
    folder,
    ports: { http, https, mail, demo },
    image,
    run,
    stack: (files, name) => {
      const project = `${prefix}-${name}`;
      const base = ['compose', '--project-name', project, ...files.flatMap((file) => ['-f', file])];
      const stack: Stack = {
        project,
        compose: (...args) => run('docker', ...base, ...args),
        tryCompose: (...args) => tryRun('docker', [...base, ...args]),
        containers: async (service) => {
          const ids = (await run('docker', ...base, 'ps', '--quiet', service)).split('\n');
          const running = ids.filter(Boolean);
          if (running.length === 0) return [];
          const format = '{{.State.StartedAt}} {{.Id}}';
          const started = await run('docker', 'inspect', '--format', format, ...running);
          const lines = started.trim().split('\n').toSorted();
          return lines.map((line) => line.split(' ')[1] ?? '');
        },
      };
      stacks.push(stack);
      return stack;
    },
    remove: async () => {
      for (const stack of stacks)
        await stack.tryCompose('down', '--volumes', '--remove-orphans', '--timeout', '20');
      await tryRun('docker', ['image', 'rm', '--force', image]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What git knows and what it would add, as it is now. */
function copySources(folder: string): void {
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { status, stdout, stderr } = spawnSync('git', listing, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  for (const path of stdout.split('\0').filter(Boolean)) {
    if (!existsSync(join(ROOT, path))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path));
  }
}

async function tryIn(
  cwd: string,
  env: NodeJS.ProcessEnv,
  program: string,
  args: readonly string[],
): Promise<Ran> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode: child.exitCode, stdout, output: stdout + stderr };
}
