// Measures one work: the API against its floor, and what one request costs in statements, bytes and CPU.

import { withClient } from '../../src/db/client.ts';
import type { FloorPlan } from '../floors/floor-server.ts';
import { createTransactionFloor } from '../floors/transaction-floor.ts';
import { applyLoad, type LoadResult } from '../load/load.ts';
import { type Comparison, compare, type Measured, type Side } from '../load/rounds.ts';
import { countStatements, type Recording, record } from '../recording/recording.ts';
import type { StatementTap } from '../recording/statement-tap.ts';
import type { Databases } from '../setup/databases.ts';
import { fillCarts, type Market, withFreshTokens } from '../setup/market.ts';
import { type MeasuredProcess, startFloor } from '../setup/processes.ts';
import type { Run } from '../setup/run.ts';
import type { FloorKind, Work } from './works.ts';

export interface Bench {
  readonly run: Run;
  readonly databases: Databases;
  readonly market: Market;
  readonly api: MeasuredProcess;
  /** Another one over the same market. */
  readonly startApi: (env: Readonly<Record<string, string>>) => Promise<MeasuredProcess>;
  /** The same API on a copy of the market, its statements seen. */
  readonly recorder: { readonly origin: string; readonly tap: StatementTap };
  /** Name of a copy of the market as it was before anything was measured. */
  readonly template: string;
  /** Connections of the API, and of the floors, to PostgreSQL. */
  readonly poolSize: number;
  readonly rounds: number;
  readonly seconds: number;
}

export interface WorkResult extends Comparison {
  readonly work: Work;
  /** What was on the other side. */
  readonly floor_by: string;
  readonly statements: number;
  /** Of one answer's body. */
  readonly bytes: number;
}

interface Opponent {
  readonly by: string;
  readonly side: Side;
  readonly stop: () => Promise<void>;
}

const FLOOR_DATABASE = 'bench_floor';
const CALIBRATION_REQUESTS = 200;
const US_PER_SECOND = 1_000_000;

export async function measureWork(given: Bench, work: Work): Promise<WorkResult> {
  const bench = { ...given, market: withFreshTokens(given.market) };
  const count = recordedRequests(bench.market)[work.floor];
  const requests = Array.from({ length: count }, (_, n) => work.request(bench.market, n));
  const { recording, answer } = await record(bench.recorder, requests);
  const opponent =
    work.floor === 'transaction'
      ? await createOrderFloor(bench, recording)
      : await createHttpFloor(bench, work, { recording, body: answer.body });
  const own = work.env === undefined ? undefined : await bench.startApi(work.env);
  const api = own ?? bench.api;
  const side =
    work.floor === 'transaction' ? orderSide(bench, work, api) : httpSide(bench, work, api);
  const comparison = await compare(side, opponent.side, bench.rounds);
  await own?.stop();
  await opponent.stop();
  return {
    ...comparison,
    work,
    floor_by: opponent.by,
    statements: countStatements(recording),
    bytes: answer.bytes,
  };
}

/**
 * A floor that replays what was recorded should not replay the same few requests; no detail should be asked for twice,
 * or the second would be cached; and of each cart there is one order.
 */
function recordedRequests({ customers, product_ids }: Market): Record<FloorKind, number> {
  return {
    static: 20,
    password: 20,
    statements: Math.min(500, product_ids.length),
    transaction: customers.length,
  };
}

async function createHttpFloor(
  bench: Bench,
  work: Work,
  made: { recording: Recording; body: string },
): Promise<Opponent> {
  const { by, plan } = planOf(bench, work.floor, made);
  const floor = await startFloor(bench.run, work.name, plan);
  return { by, side: httpSide(bench, work, floor), stop: floor.stop };
}

function planOf(
  { market, poolSize }: Bench,
  kind: FloorKind,
  { recording, body }: { recording: Recording; body: string },
): { by: string; plan: FloorPlan } {
  if (kind === 'static') return { by: 'Fastify, same bytes', plan: { kind, body } };
  if (kind === 'password') {
    const { password, password_hash: hash } = market;
    return { by: 'Fastify, same password check', plan: { kind, password, hash } };
  }
  return {
    by: 'Fastify, same SQL',
    plan: { kind: 'statements', url: market.url, poolSize, recording },
  };
}

function httpSide({ market, seconds }: Bench, work: Work, process: MeasuredProcess): Side {
  const { origin } = process;
  const { connections } = work;
  let n = 0;
  const next = () => {
    n += 1;
    return work.request(market, n - 1);
  };
  return () => timed(process, () => applyLoad({ origin, connections, next, extent: { seconds } }));
}

async function timed(process: MeasuredProcess, work: () => Promise<LoadResult>): Promise<Measured> {
  const before = process.cpuSeconds();
  const { requests, seconds } = await work();
  const after = process.cpuSeconds();
  return {
    per_second: requests / seconds,
    cpu_us:
      before === undefined || after === undefined
        ? undefined
        : ((after - before) * US_PER_SECOND) / requests,
  };
}

/** As many orders as fit into a round, one from each cart; carts are filled anew before the clock runs. */
function orderSide({ market, databases, seconds }: Bench, work: Work, api: MeasuredProcess): Side {
  const { connections } = work;
  const { origin } = api;
  const count = roundSize(market.customers.length, seconds);
  return count.adapt(async (requests) => {
    const customers = market.customers.slice(0, requests);
    await withClient(market.url, (client) => fillCarts(client, customers));
    await databases.settle();
    let n = 0;
    const next = () => {
      n += 1;
      return work.request(market, n - 1);
    };
    return timed(api, () => applyLoad({ origin, connections, next, extent: { requests } }));
  });
}

async function createOrderFloor(bench: Bench, recording: Recording): Promise<Opponent> {
  const { run, databases, template, poolSize: clients, seconds } = bench;
  const templateUrl = databases.urlOf(template);
  const floor = await createTransactionFloor(run, { templateUrl, recording, clients });
  const url = databases.urlOf(FLOOR_DATABASE);
  const stop = () => databases.drop(FLOOR_DATABASE);
  const count = roundSize(recording.runs.length, seconds);
  const side = count.adapt(async (transactions) => {
    await databases.drop(FLOOR_DATABASE);
    await databases.create(FLOOR_DATABASE, template);
    await databases.settle();
    const made = await floor.make(url, transactions);
    return { per_second: made.requests / made.seconds };
  });
  return { by: floor.by, side, stop };
}

/** For what is counted instead of timed: as much as took `seconds` last time, at most `available`. */
function roundSize(available: number, seconds: number) {
  let wanted = CALIBRATION_REQUESTS;
  return {
    adapt:
      (measure: (count: number) => Promise<Measured>): Side =>
      async () => {
        const measured = await measure(Math.min(wanted, available));
        wanted = Math.ceil(measured.per_second * seconds);
        return measured;
      },
  };
}
