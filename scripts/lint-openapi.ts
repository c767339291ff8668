// Lints the committed documents with Redocly and Spectral, both without telemetry; fails where either finds anything.
import { spawnSync } from 'node:child_process';

const DOCUMENTS = ['openapi/v1.json', 'openapi/v2.json'];
const LINTERS = [
  ['redocly', 'lint', ...DOCUMENTS],
  ['spectral', 'lint', '--fail-severity', 'hint', '--quiet', ...DOCUMENTS],
] as const;
const ENVIRONMENT = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

for (const [program, ...args] of LINTERS) {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...ENVIRONMENT },
  });
  if (error) throw error;
  if (status === 0) continue;
  console.error(`${stdout}${stderr}`);
  process.exitCode = 1;
}
if (process.exitCode === undefined) console.log(`${DOCUMENTS.join(' and ')} pass both linters`);
