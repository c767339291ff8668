// Lints the committed documents with Redocly and Spectral, both without telemetry; fails where either finds anything. What
// passed is not linted again until a document, a rule or a tool changes: Spectral takes half a minute of CPU time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const DOCUMENTS = ['openapi/v1.json', 'openapi/v2.json'];
const LINTERS = [
  ['redocly', 'lint', ...DOCUMENTS],
  ['spectral', 'lint', '--fail-severity', 'hint', '--quiet', ...DOCUMENTS],
] as const;
const ENVIRONMENT = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
/** What the verdict depends on; the lock file stands for the linters. */
const INPUTS = [
  ...DOCUMENTS,
  '.spectral.yaml',
  'redocly.yaml',
  'package-lock.json',
  'scripts/lint-openapi.ts',
];
/** Holds the digest of the inputs that passed last. */
const PASSED = 'node_modules/.cache/freshbytes/lint-openapi';

function digestOfInputs(): string {
  const hash = createHash('sha256');
  for (const path of INPUTS) hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function lastPassed(): string | undefined {
  try {
    return readFileSync(PASSED, 'utf8');
  } catch {
    return undefined;
  }
}

/** @returns whether every linter passes the documents */
function lint(): boolean {
  let passes = true;
  for (const [program, ...args] of LINTERS) {
    const { error, status, stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { ...process.env, ...ENVIRONMENT },
    });
    if (error) throw error;
    if (status === 0) continue;
    console.error(`${stdout}${stderr}`);
    passes = false;
  }
  return passes;
}

const digest = digestOfInputs();
if (lastPassed() !== digest) {
  if (!lint()) process.exit(1);
  mkdirSync(dirname(PASSED), { recursive: true });
  writeFileSync(PASSED, digest);
}
console.log(`${DOCUMENTS.join(' and ')} pass both linters`);
