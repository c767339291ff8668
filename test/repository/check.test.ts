import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { PARTS, runParts } from '../../scripts/check.ts';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Asks a database that is in use, not the source. */
const NO_PART = ['check:invariants'];

afterEach(() => {
  vi.restoreAllMocks();
});

function collect(): { said: string[]; complained: string[] } {
  const said: string[] = [];
  const complained: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => complained.push(line));
  return { said, complained };
}

it('runs every script that checks the source', () => {
  const checks = Object.keys(scripts).filter((name) => name.startsWith('check:'));
  expect(PARTS.map((part) => `check:${part}`).sort()).toEqual(
    checks.filter((name) => !NO_PART.includes(name)).sort(),
  );
});

it('prints the output of a part only where it fails, and goes on with the others', async () => {
  const { said, complained } = collect();
  const failed = await runParts(
    [
      { name: 'quiet', command: 'echo nothing to see' },
      { name: 'broken', command: 'echo the reason; echo and more >&2; exit 1' },
      { name: 'last', command: 'true' },
    ],
    1,
  );
  expect(failed).toEqual(['broken']);
  expect(complained).toEqual(['the reason\nand more\n']);
  expect(said).toEqual([
    expect.stringMatching(/^ok +quiet \(\d+\.\d s\)$/),
    expect.stringMatching(/^FAILED broken /),
    expect.stringMatching(/^ok +last /),
  ]);
});

it('runs as many parts at once as configured', async () => {
  collect();
  // Each waits for a file that the other makes.
  const folder = mkdtempSync(join(tmpdir(), 'freshbytes-check-'));
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  const meet = (mine: string, other: string) =>
    `touch ${mine}; for i in $(seq 100); do [ -e ${other} ] && exit 0; sleep 0.1; done; exit 1`;
  const parts = [
    { name: 'one', command: meet(one, two) },
    { name: 'two', command: meet(two, one) },
  ];
  expect(await runParts(parts, 2)).toEqual([]);
  rmSync(folder, { recursive: true });
});
