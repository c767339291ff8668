// A Prometheus of a test's own, and questions to it; and the programs that judge its files.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const START_TIMEOUT_MS = 20_000;

const isInstalled = (binary: string) => spawnSync(binary, ['--version']).status === 0;

/** Tests that need one of these are skipped without it, unless it is said that they must run. */
export const hasPrometheus = isInstalled('prometheus') || process.env['REQUIRE_PROMETHEUS'] === '1';
export const hasAlertmanager =
  isInstalled('prometheus-alertmanager') || process.env['REQUIRE_ALERTMANAGER'] === '1';

export interface Verdict {
  readonly isGood: boolean;
  /** All that the program said. */
  readonly words: string;
}

/** Runs promtool or amtool on files. */
export function judge(program: 'promtool' | 'amtool', args: readonly string[]): Verdict {
  const run = spawnSync(program, args, { encoding: 'utf8' });
  if (run.error) throw run.error;
  return { isGood: run.status === 0, words: `${run.stdout}${run.stderr}` };
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface TestPrometheus {
  /** The samples of an expression now. @throws Error where Prometheus refuses it */
  query(expr: string): Promise<readonly Sample[]>;
  /** A document of its HTTP API, such as `/api/v1/rules`. */
  read<Data>(path: string): Promise<Data>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly port: number;
  /** Texts by name, in one folder: `prometheus.yml` or `alertmanager.yml`, and what it names. */
  readonly files: Readonly<Record<string, string>>;
}

export async function startPrometheus({ port, files }: ServerOptions): Promise<TestPrometheus> {
  const folder = await folderOf(files);
  const config = join(folder, 'prometheus.yml');
  const verdict = judge('promtool', ['check', 'config', config]);
  if (!verdict.isGood) throw new Error(verdict.words);
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    // What fires before it has found Alertmanager is sent again only after this.
    '--rules.alert.resend-delay=1s',
  ];
  const stop = await startServer('prometheus', port, args);
  const url = `http://127.0.0.1:${port}`;
  return {
    query: (expr) => query(url, expr),
    read: (path) => read(url, path),
    stop: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** @returns stops it */
export async function startAlertmanager({
  port,
  files,
}: ServerOptions): Promise<() => Promise<void>> {
  const folder = await folderOf(files);
  const config = `--config.file=${join(folder, 'alertmanager.yml')}`;
  const args = [config, `--storage.path=${join(folder, 'data')}`, '--cluster.listen-address='];
  const stop = await startServer('prometheus-alertmanager', port, args);
  return async () => {
    await stop();
    await rm(folder, { recursive: true });
  };
}

async function folderOf(files: ServerOptions['files']): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-monitoring-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** Waits until it is ready. @returns stops it */
async function startServer(
  program: string,
  port: number,
  args: readonly string[],
): Promise<() => Promise<void>> {
  const address = `127.0.0.1:${port}`;
  const options = [...args, `--web.listen-address=${address}`, '--log.level=error'];
  const server = spawn(program, options, { stdio: 'ignore' });
  const isReady = async () =>
    (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.status === 200;
  await vi.waitUntil(isReady, { timeout: START_TIMEOUT_MS });
  return async () => {
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  };
}

async function query(url: string, expr: string): Promise<readonly Sample[]> {
  const parameters = new URLSearchParams({ query: expr });
  const { result } = await read<{
    result: readonly { metric: Record<string, string>; value: [number, string] }[];
  }>(url, `/api/v1/query?${parameters}`);
  return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

async function read<Data>(url: string, path: string): Promise<Data> {
  const answer = await fetch(`${url}${path}`);
  const body = (await answer.json()) as { data: Data; error?: string };
  if (!answer.ok) throw new Error(`${path}: ${body.error}`);
  return body.data;
}
