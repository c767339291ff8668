// Puts the API under the load of one work with Node's CPU profiler on, and prints where its time goes.
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { applyLoad } from '../load/load.ts';
import type { Work } from '../measures/works.ts';
import { startApi } from '../setup/processes.ts';
import type { Stage } from '../setup/stage.ts';
import { type FunctionShare, functionShares, readProfile } from './profile.ts';

export interface ProfiledWork {
  /** For the developer tools of a browser. */
  readonly path: string;
  /** Largest first. */
  readonly top: readonly FunctionShare[];
}

const TOP = 15;
const WARM_UP_REQUESTS = 500;
const NS_PER_US = 1_000n;

export async function profileWork(
  { run, production, market }: Stage,
  work: Work,
  seconds: number,
): Promise<ProfiledWork> {
  const dir = join(run.dir, 'profile');
  await mkdir(dir);
  const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${dir}`];
  const env = { ...production.env, ...work.env };
  const api = await startApi(run, { env, databaseUrl: market.url, nodeOptions });
  const { origin } = api;
  let n = 0;
  const next = () => {
    n += 1;
    return work.request(market, n - 1);
  };
  const { connections } = work;
  // Each cart can be ordered once: of a checkout, some warm up and the others are profiled.
  const isOrder = work.floor === 'transaction';
  const warmUp = Math.min(WARM_UP_REQUESTS, Math.floor(market.customers.length / 2));
  await applyLoad({ origin, connections, next, extent: { requests: warmUp } });
  const from_us = monotonic_us();
  const extent = isOrder ? { requests: market.customers.length - warmUp } : { seconds };
  await applyLoad({ origin, connections, next, extent });
  const to_us = monotonic_us();
  await api.stop();
  const { path, profile } = await readProfile(dir);
  const kept = resolve(`${work.name}.cpuprofile`);
  await copyFile(path, kept);
  return { path: kept, top: functionShares(profile, { from_us, to_us }).slice(0, TOP) };
}

/** The clock of V8's profiles. */
function monotonic_us(): number {
  return Number(process.hrtime.bigint() / NS_PER_US);
}
