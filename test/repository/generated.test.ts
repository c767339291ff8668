// Whether reviewers are spared what a script wrote: .gitattributes marks it.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedFiles } from '../../ops/monitoring/files.ts';

const ROOT = join(import.meta.dirname, '../..');
const GENERATED = [
  ...globSync('openapi/**/*.json', { cwd: ROOT }),
  ...[...generatedFiles().keys()].map((path) => join('ops/monitoring', path)),
  'src/db/schema.generated.ts',
  '.env.example',
  'package-lock.json',
];
const WRITTEN = ['package.json', 'src/main.ts', 'ops/monitoring/files.ts', 'docs/configuration.md'];

it.runIf(existsSync(join(ROOT, '.git')))('every generated file is marked, and no other', () => {
  const { stdout } = spawnSync(
    'git',
    ['check-attr', 'linguist-generated', '--', ...GENERATED, ...WRITTEN],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const marked = stdout
    .split('\n')
    .filter((line) => line.endsWith(': set'))
    .map((line) => line.slice(0, line.indexOf(':')));
  expect(marked).toEqual(GENERATED);
});
