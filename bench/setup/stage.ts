// Sets everything up that is measured: databases, markets, the API in its production profile and one that is recorded.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Size } from '../../src/seed/seed.ts';
import type { Place } from '../measures/latency.ts';
import type { Bench } from '../measures/throughput.ts';
import { openTap } from '../recording/statement-tap.ts';
import { type Databases, startDatabases } from './databases.ts';
import { type Market, openMarket, plantMarket } from './market.ts';
import { startApi } from './processes.ts';
import { type Production, productionSettings } from './production.ts';
import { printProgress, type Run } from './run.ts';

export interface Stage {
  readonly run: Run;
  readonly databases: Databases;
  readonly production: Production;
  readonly market: Market;
}

const MARKET = 'bench_market';
const RECORDED = 'bench_recorded';
const TEMPLATE = 'bench_template';
const LARGE_MARKET = 'bench_large';

export async function setUp(run: Run, size: Size): Promise<Stage> {
  const databases = await startDatabases(run);
  const files = join(run.dir, 'files');
  await mkdir(files);
  const production = productionSettings(files);
  return {
    run,
    databases,
    production,
    market: await plant({ databases, production }, MARKET, size),
  };
}

/** Copies of the market are made first: nobody may be connected to it then. */
export async function startBench(
  { run, databases, production, market }: Stage,
  extent: { readonly rounds: number; readonly seconds: number },
): Promise<Bench> {
  await databases.create(TEMPLATE, MARKET);
  await databases.create(RECORDED, MARKET);
  const tap = await openTap(run, databases.urlOf(RECORDED));
  const { env, config } = production;
  const recorded = await startApi(run, { env, databaseUrl: tap.url });
  const start = (own: Readonly<Record<string, string>>) =>
    startApi(run, { env: { ...env, ...own }, databaseUrl: market.url });
  return {
    ...extent,
    run,
    databases,
    market,
    api: await start({}),
    startApi: start,
    recorder: { origin: recorded.origin, tap },
    template: TEMPLATE,
    poolSize: config.DATABASE_POOL_SIZE,
  };
}

/** A market of a million products beside the usual one. */
export async function startLarge(stage: Stage): Promise<Place> {
  const market = await plant(stage, LARGE_MARKET, 'large');
  const { env } = stage.production;
  return { market, api: await startApi(stage.run, { env, databaseUrl: market.url }) };
}

async function plant(
  { databases, production }: Pick<Stage, 'databases' | 'production'>,
  name: string,
  size: Size,
): Promise<Market> {
  printProgress(`Seeding a ${size} market`);
  await databases.create(name);
  const url = databases.urlOf(name);
  await plantMarket(url, size);
  return openMarket(url, production.config);
}
