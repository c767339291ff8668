#!/usr/bin/env node
// Starts the command line with a Node that runs its TypeScript: this one, or the one that npm installed beside it.
// Plain JavaScript of old, so that any Node gets as far as the message below.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const OLDEST_MAJOR = 24;
const EXIT_UNAVAILABLE = 3;

const major = Number(process.versions.node.split('.')[0]);
const installed = fileURLToPath(
  new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url),
);

if (major >= OLDEST_MAJOR) await import('../src/main.ts');
else if (existsSync(installed)) runWith(installed);
else explain();

/** The signals of a terminal reach the child by themselves; the others are passed on. */
function runWith(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGUSR2']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}

function explain() {
  console.error(
    `FreshBytes needs Node ${OLDEST_MAJOR} or newer; this is Node ${process.versions.node}.\n` +
      'On Linux (x64, arm64) `npm ci` brings it along, unless it is told to omit optional packages:\n' +
      '  npm ci --include=optional\n' +
      `Elsewhere, install Node ${OLDEST_MAJOR} from https://nodejs.org.`,
  );
  process.exit(EXIT_UNAVAILABLE);
}
