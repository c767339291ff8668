// `openapi`: writes the documents of the API, or checks that the written ones are those of the code.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildApp } from '../app.ts';
import { withoutCache } from '../cache/cache.ts';
import { loadConfig } from '../config.ts';
import type { Services } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { createGateways } from '../gateways/create.ts';
import { KNOWN_VERSIONS } from '../http/answer/problem-answers.ts';
import { createRateLimits } from '../http/limits/rate-limit.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { EXAMPLE_NOW } from '../lib/demo-market.ts';
import { recover } from '../lib/errors.ts';
import { EXIT, type ExitCode } from '../lib/exit.ts';
import { createHealth } from '../modules/operations/health/health.service.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { loadTokens } from '../tokens/tokens.ts';
import { print, printError } from './output.ts';
import { readVersion } from './version.ts';

export interface OpenApiOptions {
  /** One version; all without it. */
  readonly version?: string;
  /** Folder of the documents. */
  readonly out: string;
  readonly check?: boolean;
}

/** Never used: the pools connect with the first statement, and documents need none. */
const NO_DATABASE = 'postgres://nobody@localhost:1/none';
const NO_SECRET = 'documents hold nothing secret or signed';
const PUBLIC_URL = 'https://api.freshbytes.test';

export async function writeDocuments(options: OpenApiOptions): Promise<ExitCode> {
  const versions = options.version === undefined ? KNOWN_VERSIONS : [options.version];
  if (options.check) return checkDocuments(options.out, versions);
  await mkdir(options.out, { recursive: true });
  for (const [version, text] of await makeDocuments(versions)) {
    const path = join(options.out, `${version}.json`);
    await writeFile(path, text);
    print(`wrote ${path}`);
  }
  return EXIT.done;
}

async function checkDocuments(out: string, versions: readonly string[]): Promise<ExitCode> {
  const stale = await staleDocuments(out, versions);
  for (const path of stale)
    printError(`${path} is not up to date: run \`npm run generate:openapi\``);
  return stale.length === 0 ? EXIT.done : EXIT.failed;
}

/** @returns paths of the documents below `folder` that are not those of the code */
export async function staleDocuments(
  folder: string,
  versions: readonly string[] = KNOWN_VERSIONS,
): Promise<string[]> {
  const stale: string[] = [];
  for (const [version, text] of await makeDocuments(versions)) {
    const path = join(folder, `${version}.json`);
    if ((await readIfPresent(path)) !== text) stale.push(path);
  }
  return stale;
}

/** Text of each version's document, the same for the same code whatever the environment. */
export async function makeDocuments(versions: readonly string[]): Promise<Map<string, string>> {
  const app = await buildOffline();
  try {
    const documents = new Map<string, string>();
    for (const version of versions) {
      const { body, statusCode } = await app.inject(`/api/${version}/openapi.json`);
      if (statusCode !== 200)
        throw new Error(`the document of ${version} answers ${statusCode}: ${body}`);
      documents.set(version, `${JSON.stringify(JSON.parse(body), null, 2)}\n`);
    }
    return documents;
  } finally {
    await app.close();
  }
}

async function buildOffline() {
  const config = loadConfig({ NODE_ENV: 'test', APP_SECRET: NO_SECRET, PUBLIC_URL }, readVersion());
  const log = createLog({ level: 'silent', pretty: false, version: config.version });
  const { db } = openDatabase({ url: NO_DATABASE, poolSize: 1, onError: () => {} });
  const clock = { now: () => EXAMPLE_NOW };
  const gateways = createGateways({ config, db, clock, log });
  const services: Services = {
    config,
    db,
    cache: withoutCache(),
    clock,
    log,
    gateways,
    jobs: noJobs(),
    tokens: await loadTokens(config),
  };
  const { version, DATA_DIR: dataDir } = config;
  return buildApp({
    services,
    log,
    pool: { waitingCount: 0 },
    limits: createRateLimits({ config, clock, log }),
    health: createHealth({
      databaseUrl: NO_DATABASE,
      storage: gateways.storage,
      version,
      dataDir,
      clock,
      log,
    }),
    metrics: createMetrics(log),
  });
}

function noJobs(): Jobs {
  const refuse = () => Promise.reject(new Error('there are no queues without a database'));
  return { enqueue: refuse, enqueueAll: refuse, close: async () => {} };
}

function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(recover(undefined, 'ENOENT'));
}
