#!/usr/bin/env node
// Starts the command line with a Node that runs its TypeScript: this one, or the one that npm installed beside it.
// Plain JavaScript of old, so that any Node gets as far as the messages below.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const OLDEST_MAJOR = 24;
const EXIT_UNAVAILABLE = 3;
const PARENT_CHECK_MS = 250;
/** What package.json's scripts begin with: npm is then our parent, without a shell between. */
const NPM_SCRIPT = /^exec node bin\//;
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];

const major = Number(process.versions.node.split('.')[0]);
const installed = fileURLToPath(
  new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url),
);

endWithParent();
if (major >= OLDEST_MAJOR) await import('../src/main.ts').catch(explainMissing);
else if (existsSync(installed)) runWith(installed);
else explainNode();

/** Signals of a terminal reach the child by themselves as well, which takes two at once for one. */
function runWith(node) {
  const env = { ...process.env, FRESHBYTES_PARENT: String(process.pid) };
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env });
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}

/**
 * A parent that only waits for us takes us along, even if it was killed: this launcher, `dev` and npm. Any other may end
 * first, as the shell of `nohup` does.
 */
function endWithParent() {
  const { FRESHBYTES_PARENT: named, npm_lifecycle_script: script = '' } = process.env;
  delete process.env.FRESHBYTES_PARENT;
  if (named === undefined && !NPM_SCRIPT.test(script)) return;
  const parent = named === undefined ? process.ppid : Number(named);
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGHUP');
  }, PARENT_CHECK_MS);
  timer.unref();
}

function explainMissing(error) {
  const missing = /Cannot find package '([^']+)'/.exec(error?.message)?.[1];
  if (missing === undefined) throw error;
  console.error(
    `FreshBytes needs packages that are not installed, ${missing} among them. In ${fileURLToPath(new URL('..', import.meta.url))} run:\n` +
      '  npm ci',
  );
  process.exit(EXIT_UNAVAILABLE);
}

function explainNode() {
  console.error(
    `FreshBytes needs Node ${OLDEST_MAJOR} or newer; this is Node ${process.versions.node}.\n` +
      'On Linux (x64, arm64) `npm ci` brings it along, unless it is told to omit optional packages:\n' +
      '  npm ci --include=optional\n' +
      `Elsewhere, install Node ${OLDEST_MAJOR} from https://nodejs.org.`,
  );
  process.exit(EXIT_UNAVAILABLE);
}
