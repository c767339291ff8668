// The hooks that contributors may turn on, in a repository of their own with this one's tools.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../..');
const COPIED = [
  '.githooks',
  '.gitignore',
  'biome.json',
  '.oxlintrc.json',
  'tsconfig.json',
  'package.json',
];
const UNFORMATTED = 'export const price = "12.50"\n';
const FORMATTED = "export const price = '12.50';\n";
const FILE = 'src/price.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshbytes-hooks-'));
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'src'));
  git('init', '--quiet');
  git('config', 'user.name', 'Test');
  git('config', 'user.email', 'test@example.com');
  run('bash', '-c', packageJson.scripts.hooks);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a commit holds its files formatted', () => {
  write(FILE, UNFORMATTED);
  git('add', FILE);
  expect(commit('prices: add one\n\nCarts need it.').status).toBe(0);
  expect(git('show', `HEAD:${FILE}`)).toBe(FORMATTED);
  expect(git('status', '--porcelain', FILE)).toBe('');
});

it('a promise that nobody awaits, or anything else that the linters refuse, is not committed', () => {
  write(FILE, 'export function pay(): void {\n  Promise.resolve();\n}\n');
  git('add', FILE);
  const { status, output } = commit('prices: pay\n\nFor once.');
  expect([status, output]).toEqual([1, expect.stringContaining('no-floating-promises')]);
});

it('what is not staged stays out of the commit, and out of the formatter', () => {
  write(FILE, FORMATTED);
  git('add', FILE);
  write(FILE, `${FORMATTED}export const weight = '1.5';\n`);
  expect(commit('prices: add one\n\nCarts need it.').status).toBe(0);
  expect(git('show', `HEAD:${FILE}`)).toBe(FORMATTED);
  write(FILE, UNFORMATTED);
  git('add', FILE);
  write(FILE, `${UNFORMATTED}\n`);
  expect(commit('prices: another\n\nCarts need it.').status).toBe(1);
  expect(readFileSync(join(folder, FILE), 'utf8')).toBe(`${UNFORMATTED}\n`);
});

it('a message without a body, or with a long subject, is committed with a reminder', () => {
  git('add', '.gitignore');
  const { status, output } = commit(`repository: ${'x'.repeat(70)}`);
  expect(status).toBe(0);
  expect(output).toMatch(/subject has 82 characters[\s\S]*no body/);
  git('add', 'biome.json');
  expect(commit('repository: settings\n\nThe formatter reads them.').output).not.toContain(
    'commit-msg',
  );
});

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

function git(...args: string[]): string {
  const { status, output, stdout } = run('git', ...args);
  expect(status, output).toBe(0);
  return stdout;
}

function commit(message: string) {
  return run('git', 'commit', '--quiet', '--message', message);
}

/** Without what a surrounding git, such as a hook that runs this test, says of its own repository. */
function run(command: string, ...args: string[]) {
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    env: { PATH, HOME },
    encoding: 'utf8',
  });
  return { status, stdout, output: stdout + stderr };
}
