// Runs the parts of `npm run check`, as many at once as there are cores. Prints how long each took, and what it said where
// it failed. `npm run check types secrets` runs these alone.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** Scripts `check:<part>` of package.json, the longest first: what is started last should end soon. */
export const PARTS = [
  'types',
  'documents',
  'boundaries',
  'format',
  'schema',
  'unused',
  'generated',
  'secrets',
  'breaking',
  'asvs',
];

const ROOT = join(import.meta.dirname, '..');

const ENVIRONMENT = {
  ...process.env,
  // As npm has it for its scripts: the tools, and the Node, that were installed.
  PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
  // Each part is a Node of its own, and need not compile again what the run before did.
  NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled'),
};

interface Result {
  readonly passed: boolean;
  readonly output: string;
  readonly duration_s: string;
}

/** @throws Error where package.json has no such part */
function commandOf(part: string): string {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const command = scripts[`check:${part}`];
  if (command === undefined) throw new Error(`package.json has no script check:${part}`);
  return command;
}

function run(command: string): Promise<Result> {
  const begun_ms = performance.now();
  const child = spawn(command, { shell: true, cwd: ROOT, env: ENVIRONMENT });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const duration_s = ((performance.now() - begun_ms) / 1000).toFixed(1);
      resolve({ passed: code === 0, output, duration_s });
    });
  });
}

/** @returns the parts that failed */
export async function runParts(
  parts: readonly { readonly name: string; readonly command: string }[],
  width = availableParallelism(),
): Promise<string[]> {
  const waiting = parts.values();
  const failed: string[] = [];
  const work = async () => {
    for (const { name, command } of waiting) {
      const { passed, output, duration_s } = await run(command);
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${duration_s} s)`);
      if (passed) continue;
      console.error(output);
      failed.push(name);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return failed;
}

async function main(): Promise<void> {
  const named = process.argv.slice(2);
  const parts = named.length > 0 ? named : PARTS;
  const failed = await runParts(parts.map((name) => ({ name, command: commandOf(name) })));
  if (failed.length === 0) return;
  console.error(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

if (import.meta.main) await main();
