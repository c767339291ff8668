// The benchmark as people run it, on a small market and for moments: that it works, and that it cleans up.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const TIMEOUT_MS = 180_000;
/** Holds every folder that a run makes. */
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'freshbytes-bench-test-'));
  // Started as root, PostgreSQL runs as another account, which must reach its data.
  await chmod(dir, 0o755);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function start(args: readonly string[]): { child: ChildProcess; output: { text: string } } {
  const child = spawn(process.execPath, [MAIN, '--products', '200', ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'], TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => {
      output.text += String(piece);
    });
  return { child, output };
}

it(
  'a run prints ratios against the floors, and leaves nothing behind',
  async () => {
    const json = join(dir, 'results.json');
    const args = ['--rounds', '1', '--seconds', '0.5', '--only', 'list,checkout,v2-deep'];
    const { child, output } = start([...args, '--json', json]);
    const [code] = await once(child, 'close');
    expect(code, output.text).toBe(0);
    expect(output.text).toMatch(/\| list, cached +\|.* ≥ 0\.5 \| +(yes|no) \|/);
    const { works, latencies } = JSON.parse(await readFile(json, 'utf8'));
    expect(works).toMatchObject([{ name: 'list' }, { name: 'checkout' }]);
    for (const { ratio, bytes } of works) {
      expect(ratio.median).toBeGreaterThan(0);
      expect(bytes).toBeGreaterThan(500);
    }
    expect(works[1].statements).toBeGreaterThan(2);
    expect(latencies).toMatchObject([{ title: 'v2 list, page 10', ratio: {}, target: 1.2 }]);
    expect(await readdir(dir)).toEqual(['results.json']);
  },
  TIMEOUT_MS,
);

it(
  'a run that is broken off ends what it started, and leaves nothing behind',
  async () => {
    const { child, output } = start([]);
    const seeding = new Promise<void>((resolve) => {
      child.stderr?.on('data', () => {
        if (output.text.includes('Seeding')) resolve();
      });
    });
    await Promise.race([seeding, once(child, 'close')]);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code, output.text).toBe(130);
    expect((await readdir(dir)).filter((name) => name.startsWith('freshbytes-bench-'))).toEqual([]);
  },
  TIMEOUT_MS,
);

it('a name that is not known is refused with those that are', async () => {
  const { child, output } = start(['--only', 'everything']);
  const [code] = await once(child, 'close');
  expect(code).toBe(2);
  expect(output.text).toContain('list-uncached');
});
