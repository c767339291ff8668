// The README's tour, word for word: its commands run in one shell against a newly started server, and what each
// block prints must be what the README shows. Only the port is another.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { parseHttpFile, sendAll } from '../../support/http-file.ts';
import { passedOn } from '../../support/processes/cli.ts';
import { takeTour, tourIn } from '../../support/processes/tour.ts';

const ROOT = join(import.meta.dirname, '../../..');
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

let dataDir: string;
let port: number;
let server: ChildProcess;
let said = '';

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'freshbytes-tour-'));
  // Started by root, PostgreSQL runs as nobody, and its data stay here only if that may enter.
  await chmod(dataDir, 0o755);
  port = await findFreePort();
  server = spawn(process.execPath, ['bin/freshbytes.js', 'serve'], {
    cwd: ROOT,
    env: { ...passedOn(), PORT: String(port), DATA_DIR: dataDir },
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
  const steps = tourIn(await readFile(join(ROOT, 'README.md'), 'utf8'));
  expect(steps.length).toBeGreaterThan(8);
  const { printed, complaints } = await takeTour(steps, { url: `http://localhost:${port}` });
  expect(complaints).toBe('');
  expect(printed).toEqual(steps);
});

it('runs in editors too: every request of tour.http is accepted, but the one that shows a refusal', async () => {
  const file = parseHttpFile(await readFile(join(ROOT, 'docs/tour.http'), 'utf8'));
  const answers = await sendAll(file, { host: `http://localhost:${port}` });
  const refused = answers.filter(({ status }) => status >= 400);
  expect(refused.map(({ request, status }) => `${request.title} ${status}`)).toEqual([
    expect.stringMatching(/^Be refused: 409.* 409$/),
  ]);
  expect(answers.at(-1)?.body).toMatchObject({ code: 'INVALID_STATUS_TRANSITION' });
});

it('calls in editors what it calls with curl', async () => {
  const { requests } = parseHttpFile(await readFile(join(ROOT, 'docs/tour.http'), 'utf8'));
  const inEditor = requests.map(({ url }) => pathOf(url.replace('{{host}}', '')));
  const commands = tourIn(await readFile(join(ROOT, 'README.md'), 'utf8')).map(
    (step) => step.commands,
  );
  const withCurl = commands.join('').match(/\/(?:api\/v1|dev\/payments)\/[^\s'"?]+/g) ?? [];
  expect([...new Set(inEditor)].toSorted()).toEqual([...new Set(withCurl.map(pathOf))].toSorted());
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

/** Without its query, and with one name for whatever is filled in. */
function pathOf(url: string): string {
  return url.replace(/\?.*/, '').replaceAll(/\{\{[^}]+\}\}|\$\w+/g, '…');
}

async function isReady(): Promise<boolean> {
  if (server.exitCode !== null) throw new Error(`the server ended:\n${said}`);
  const response = await fetch(`http://localhost:${port}/health/ready`).catch(() => undefined);
  return response?.ok === true;
}
