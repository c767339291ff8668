// Compares the documents with those of the last release and fails where a client could break. What must break all the same,
// such as a hole in security, stands in exceptions.json with its reason. `--release` makes today's documents the released ones.
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
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
  for (const name of documentsIn(released)) {
    const current = documentsIn(folder).includes(name)
      ? await readJson<Document>(join(folder, name))
      : { paths: {}, components: {} };
    changes.push(...breakingChanges(await readJson<Document>(join(released, name)), current, now));
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
  for (const name of documentsIn(folder)) {
    await writeFile(join(released, name), await readFile(join(folder, name)));
  }
  await writeFile(join(released, EXCEPTIONS), '[]\n');
}

function documentsIn(folder: string): string[] {
  return globSync('v*.json', { cwd: folder })
    .map((path) => basename(path))
    .sort();
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
