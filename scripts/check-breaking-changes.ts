// Compares the documents with those of the last release and fails where a client could break. What must break all the same,
// such as a hole in security, stands in exceptions.json with its reason. `--release` makes today's documents the released ones,
// kept compressed: they are read by this check alone.
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { breakingChanges, type Document } from './breaking-changes/operations.ts';

const EXCEPTIONS = 'exceptions.json';

interface Exception {
  /** A line of this check, word for word. */
  readonly change: string;
  readonly reason: string;
}

/** @returns what keeps the documents in `folder` from being released, one line each */
export async function findFaults(folder: string, now: Date): Promise<string[]> {
  const released = join(folder, 'released');
  const changes: string[] = [];
  for (const name of filesIn(released, 'v*.json.gz')) {
    const version = basename(name, '.json.gz');
    const current =
      filesIn(folder, `${version}.json`).length > 0
        ? await readJson<Document>(join(folder, `${version}.json`))
        : { paths: {}, components: {} };
    changes.push(...breakingChanges(await readReleased(folder, version), current, now));
  }
  const exceptions = await readJson<readonly Exception[]>(join(released, EXCEPTIONS));
  const excused = exceptions.map(({ change }) => change);
  return [
    ...changes.filter((change) => !excused.includes(change)),
    ...exceptions
      .filter(({ change, reason }) => !changes.includes(change) || reason.trim() === '')
      .map(({ change }) => `${EXCEPTIONS} excuses without need or reason: ${change}`),
  ];
}

/** Makes the documents in `folder` those that later ones are compared with, and forgets the exceptions of this release. */
export async function release(folder: string): Promise<void> {
  const released = join(folder, 'released');
  await mkdir(released, { recursive: true });
  for (const name of filesIn(folder, 'v*.json')) {
    const text = await readFile(join(folder, name));
    await writeFile(join(released, `${name}.gz`), gzipSync(text, { level: 9 }));
  }
  await writeFile(join(released, EXCEPTIONS), '[]\n');
}

/** The document of `version` that was released last. */
export async function readReleased(folder: string, version: string): Promise<Document> {
  const bytes = await readFile(join(folder, 'released', `${version}.json.gz`));
  return JSON.parse(gunzipSync(bytes).toString()) as Document;
}

function filesIn(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder }).sort();
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

async function main(): Promise<void> {
  const faults = await findFaults('openapi', new Date());
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`${faults.length} changes could break clients: see docs/versioning.md`);
    process.exitCode = 1;
  } else if (process.argv.includes('--release')) {
    await release('openapi');
    console.log('released the documents in openapi/');
  } else console.log('nothing that was released breaks');
}

if (import.meta.main) await main();
