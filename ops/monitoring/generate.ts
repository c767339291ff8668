// Writes the files that Prometheus, Alertmanager and Grafana load. What is left over
// goes. `--env-file .env --out <folder>` writes those of one installation, with whom to tell filled in.
import { globSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { readMonitoring } from '../../src/config/monitoring.ts';
import { generatedFiles, installationFiles } from './files.ts';

const FOLDER = import.meta.dirname;

/** Paths of generated files that are not as they should be, from this folder on. */
export async function staleFiles(): Promise<string[]> {
  const wanted = generatedFiles();
  const stale = leftOver(wanted);
  for (const [path, text] of wanted) {
    const present = await readFile(join(FOLDER, path), 'utf8').catch(() => undefined);
    if (present !== text) stale.push(path);
  }
  return stale;
}

function leftOver(wanted: ReadonlyMap<string, string>): string[] {
  return globSync('**/*.{yml,json}', { cwd: FOLDER }).filter((path) => !wanted.has(path));
}

const OPTIONS = {
  'env-file': { type: 'string' },
  out: { type: 'string' },
} as const;

async function main(): Promise<void> {
  const { 'env-file': envFile, out } = parseArgs({ options: OPTIONS }).values;
  if (out !== undefined) return writeInstallation(envFile, out);
  const wanted = generatedFiles();
  for (const path of leftOver(wanted)) await rm(join(FOLDER, path));
  for (const [path, text] of wanted) {
    await mkdir(dirname(join(FOLDER, path)), { recursive: true });
    await writeFile(join(FOLDER, path), text);
  }
}

async function writeInstallation(envFile: string | undefined, folder: string): Promise<void> {
  const given = envFile === undefined ? {} : parseEnv(readFileSync(envFile, 'utf8'));
  const { values, missing, faults } = readMonitoring({ ...given, ...process.env });
  for (const { name, without } of missing) console.error(`${name} is missing: ${without}`);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    process.exitCode = 1;
    return;
  }
  await mkdir(folder, { recursive: true });
  for (const [path, text] of installationFiles(values)) await writeFile(join(folder, path), text);
}

if (import.meta.main) await main();
