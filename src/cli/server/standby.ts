// The command line of the server that `dev` starts next. While the one before it runs, it reads the packages, which are most
// of what a start has to load and which a change of the source leaves as they are; then it waits for its turn.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** The server before it starts first. */
const HEAD_START_MS = 1_000;

/** Those of many modules. What is not among them is read when its turn has come. */
const PACKAGES = [
  '@fastify/multipart',
  '@fastify/swagger',
  '@opentelemetry/api',
  '@prometheus-io/client',
  'ajv',
  'ajv-formats',
  'commander',
  'fast-jwt',
  'fastify',
  'ioredis',
  'kysely',
  'libphonenumber-js/max',
  'lru-cache',
  'nodemailer',
  'pg',
  'pg-boss',
  'pino',
  'sharp',
  'typebox',
  'typebox/value',
];

const turn = once(process, 'message');
/** `dev` has ended, in whatever way. */
const end = () => process.exit();

process.once('disconnect', end);
await Promise.race([turn, delay(HEAD_START_MS)]);
await Promise.race([turn, Promise.all(PACKAGES.map((name) => import(name)))]);
await turn;
process.off('disconnect', end);
process.disconnect();
await import(new URL('../../../bin/freshbytes.js', import.meta.url).href);
