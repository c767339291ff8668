// The README's tour, word for word: its commands run in one shell against a newly started server, and what each
// block prints must be what the README shows. Only the port is another.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Fence, fencesIn } from './markdown.ts';

const ROOT = join(import.meta.dirname, '..');
const PORT_OF_README = /localhost:8000/g;
const BLOCK_END = '--- end of block ---';
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

interface Step {
  readonly commands: string;
  /** What the block under it shows; nothing where there is none. */
  readonly shown: string;
}

let dataDir: string;
let port: number;
let server: ChildProcess;
let said = '';

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'freshbytes-tour-'));
  // Started by root, PostgreSQL runs as nobody, and its data stay here only if that may enter.
  await chmod(dataDir, 0o755);
  port = await freePort();
  server = spawn(process.execPath, ['bin/freshbytes.js', 'serve'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  await vi.waitUntil(isReady, { timeout: START_TIMEOUT_MS, interval: 100 });
}, START_TIMEOUT_MS);

afterAll(async () => {
  if (server.exitCode === null) {
    const exit = once(server, 'exit');
    server.kill('SIGTERM');
    await exit;
  }
  await rm(dataDir, { recursive: true, force: true });
}, STOP_TIMEOUT_MS);

it('prints what the README shows', async () => {
  const steps = stepsOf(fencesIn(await readFile(join(ROOT, 'README.md'), 'utf8')));
  expect(steps.length).toBeGreaterThan(8);
  const { stdout, stderr } = await runInBash(steps.map(({ commands }) => commands));
  expect(stderr).toBe('');
  const printed = stdout.split(`${BLOCK_END}\n`);
  expect(steps.map(({ commands }, i) => `${commands}\n${printed[i]}`)).toEqual(
    steps.map(({ commands, shown }) => `${commands}\n${shown}`),
  );
});

it('greets with the addresses, the sign-ins of the tour and where the data is', () => {
  for (const words of [
    `http://localhost:${port}/api/v1`,
    'customer@freshbytes.test',
    'seller@freshbytes.test',
    'demo-Freshbytes-2026',
    dataDir,
  ]) {
    expect(said).toContain(words);
  }
});

/** Each block of commands with the output that stands right under it. */
function stepsOf(fences: readonly Fence[]): Step[] {
  return fences.flatMap((fence, i) => {
    if (fence.language !== 'sh') return [];
    const next = fences[i + 1];
    const isOutput = next?.language === 'text' && next.line === fence.endLine + 1;
    return [{ commands: fence.text, shown: isOutput ? next.text : '' }];
  });
}

async function runInBash(blocks: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const script = blocks
    .map((block) => `${block}echo '${BLOCK_END}'\n`)
    .join('')
    .replace(PORT_OF_README, `localhost:${port}`);
  const shell = spawn('bash', { stdio: 'pipe' });
  shell.stdin.end(script);
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  return { stdout, stderr };
}

async function isReady(): Promise<boolean> {
  if (server.exitCode !== null) throw new Error(`the server ended:\n${said}`);
  const response = await fetch(`http://localhost:${port}/health/ready`).catch(() => undefined);
  return response?.ok === true;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
