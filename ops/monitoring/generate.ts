// Writes the files that Prometheus, Alertmanager and Grafana load. With --check it writes nothing and fails where one is out
// of date, or left over.
import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles } from './files.ts';

const FOLDER = import.meta.dirname;

/** Paths of generated files that are not as they should be. */
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

async function main(): Promise<void> {
  const wanted = generatedFiles();
  if (process.argv.includes('--check')) {
    const stale = await staleFiles();
    if (stale.length === 0) return;
    console.error(`Out of date, npm run generate:monitoring: ${stale.join(', ')}`);
    process.exitCode = 1;
    return;
  }
  for (const path of leftOver(wanted)) await rm(join(FOLDER, path));
  for (const [path, text] of wanted) {
    await mkdir(dirname(join(FOLDER, path)), { recursive: true });
    await writeFile(join(FOLDER, path), text);
  }
}

if (import.meta.main) await main();
