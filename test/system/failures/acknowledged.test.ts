// A server whose database fails over, falls back or is replaced at its address: it must name every acknowledged order that is
// gone, and raise no alarm where none is.
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { newId } from '../../../src/lib/ids.ts';
import { prepareDatabase } from '../../../src/process/prepare.ts';
import { createActor } from '../../support/actors.ts';
import { type Customer, createCustomer, stockProduct } from '../../support/market.ts';
import { runCli } from '../../support/processes/cli.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';
import { readScrape } from '../../support/scrape.ts';
import { type PatroniState, startPatroni } from '../../support/servers/patroni.ts';
import { createReplicas, type Replicas } from '../../support/servers/replicas.ts';

const DATABASE = 'freshbytes';
const METRICS_TOKEN = 'metrics-token-of-the-tests';
const SETUP_TIMEOUT_MS = 180_000;
const TEST_TIMEOUT_MS = 120_000;
const RECOVERY = { timeout: 60_000, interval: 100 };

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly entries?: readonly { readonly action: string; readonly called?: string }[];
  readonly changes?: readonly string[];
  readonly remembered?: number;
  readonly missing?: number;
}

let replicas: Replicas;
let bench: ProcessBench;
let server: ServerProcess;
let customer: Customer;
let product_id: string;

beforeAll(async () => {
  replicas = await createReplicas();
  replicas.init('first');
  await replicas.start('first');
  await replicas.query(`CREATE DATABASE ${DATABASE}`);
  await prepareDatabase(replicas.url(DATABASE));
  const database = { url: replicas.url(DATABASE), drop: async () => {} };
  bench = await createProcessBench({ database });
  const seller = await createActor(bench.test, { role: 'seller' });
  const lots = [{ quantity_milli: 1_000_000, days_left: 5 }];
  product_id = (await stockProduct(bench.test, seller.seller_id, { lots })).id;
  customer = await createCustomer(bench.test);
  server = await bench.start({ METRICS_TOKEN, LOG_LEVEL: 'info', WORKER: 'off' });
}, SETUP_TIMEOUT_MS);
afterAll(async () => {
  await bench?.close();
  await replicas?.close();
});

/** Until it is answered otherwise than with 503, as a client does. */
async function ask(
  path: string,
  body: object,
  key: string = newId(),
): Promise<Record<string, unknown>> {
  const answer = await vi.waitUntil(async () => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${customer.token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    });
    return response.status === 503 ? undefined : response;
  }, RECOVERY);
  const text = await answer.text();
  expect(answer.status, text).toBe(201);
  return JSON.parse(text) as Record<string, unknown>;
}

/** @returns their numbers */
async function placeOrders(count: number): Promise<string[]> {
  const numbers: string[] = [];
  for (let i = 0; i < count; i += 1) {
    await ask('/cart/items', { product_id, quantity: '1' });
    const body = { address_id: customer.address_id, payment_method: 'COD' };
    const { order } = (await ask('/orders/checkout', body)) as { order: { order_number: string } };
    numbers.push(order.order_number);
  }
  return numbers;
}

const linesSince = (start: number): Line[] =>
  server
    .printed()
    .slice(start)
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);

/** The line that says how the comparison ended. */
function whenCompared(start: number): Promise<Line> {
  const find = () => linesSince(start).find(({ changes }) => changes !== undefined);
  return vi.waitUntil(find, RECOVERY);
}

/** How far it has come is known to the server only as of its last look. */
async function whenLooked(): Promise<void> {
  const [row] = await replicas.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const look = `SELECT FROM pg_stat_activity WHERE query LIKE '%system_identifier%'
    AND application_name = 'freshbytes' AND query_start > '${row?.now.toISOString()}'`;
  await vi.waitUntil(async () => (await replicas.query(look)).length > 0, RECOVERY);
}

const lostOrders = (start: number): string[] =>
  linesSince(start)
    .filter(({ level }) => level === 'fatal')
    .flatMap(({ entries = [] }) => entries)
    .flatMap(({ action, called }) => (action === 'order.placed' ? [called ?? ''] : []));

async function seriesOf(name: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
  const scrape = await (await fetch(`${server.url}/metrics`, { headers })).text();
  return readScrape(scrape).samples.find((sample) => sample.name === name)?.value;
}

const bytesOf = async (port?: number): Promise<number> => {
  const [row] = await replicas.query<{ bytes: number }>(
    `SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
      ELSE pg_current_wal_flush_lsn() END, '0/0')::float8 AS bytes`,
    port,
  );
  return row?.bytes ?? 0;
};

/** A copy that has all that the leader has and follows it. @returns its port */
async function addStandby(leader: string, standby: string): Promise<number> {
  await replicas.copyLeader(leader, standby);
  const port = await findFreePort();
  await replicas.start(standby, { port, follows: replicas.port });
  await vi.waitUntil(async () => (await bytesOf(port)) >= (await bytesOf()), RECOVERY);
  return port;
}

/** The standby takes the address of the leader, and leads. */
async function promote(standby: string): Promise<void> {
  await replicas.stop(standby, 'SIGINT');
  await replicas.start(standby, { follows: 0 });
  await replicas.query('SELECT pg_promote()');
}

describe('a server whose database', () => {
  const options = { timeout: TEST_TIMEOUT_MS };

  it('fails over to a standby that has everything raises no alarm', options, async () => {
    const port = await addStandby('first', 'second');
    await placeOrders(3);
    await vi.waitUntil(async () => (await bytesOf(port)) >= (await bytesOf()), RECOVERY);
    const start = server.printed().length;
    await replicas.stop('first', 'SIGKILL');
    await promote('second');
    const { level, changes, missing, remembered } = await whenCompared(start);
    expect({ level, missing }).toEqual({ level: 'warn', missing: 0 });
    expect(remembered).toBeGreaterThanOrEqual(3);
    expect(changes).toContain('timeline 1, now 2');
    await placeOrders(1);
    expect(lostOrders(start)).toEqual([]);
    expect(await seriesOf('acknowledged_entries_missing_total')).toBe(0);
    expect(await seriesOf('database_timeline')).toBe(2);
  });

  it('fails over to a standby that lacks the last orders names each of them', options, async () => {
    await addStandby('second', 'third');
    await placeOrders(1);
    await vi.waitUntil(
      async () => (await replicas.query('SELECT FROM pg_stat_replication')).length > 0,
      RECOVERY,
    );
    await replicas.stop('third', 'SIGKILL');
    const start = server.printed().length;
    const gone = await placeOrders(3);
    await replicas.stop('second', 'SIGKILL');
    await promote('third');
    expect(await whenCompared(start)).toMatchObject({ level: 'warn', missing: 3 });
    expect(lostOrders(start)).toEqual(gone);
    expect(await seriesOf('acknowledged_entries_missing_total')).toBe(3);
    // What is lost is told once.
    const again = server.printed().length;
    await placeOrders(1);
    expect(lostOrders(again)).toEqual([]);
  });

  it(
    'falls back to an older copy of the same timeline says so, and names what is gone',
    options,
    async () => {
      const restart = server.printed().length;
      await replicas.stop('third', 'SIGINT');
      replicas.copy('third', 'fourth');
      await replicas.start('third');
      expect(await whenCompared(restart)).toMatchObject({ level: 'warn', missing: 3 });
      const gone = await placeOrders(2);
      await whenLooked();
      const start = server.printed().length;
      await replicas.stop('third', 'SIGKILL');
      await replicas.start('fourth');
      const { level, changes } = await whenCompared(start);
      expect(level).toBe('error');
      expect(changes?.[0]).toMatch(/^\d+ bytes of WAL less than before$/);
      expect(lostOrders(start)).toEqual(gone);
      expect(await seriesOf('acknowledged_entries_missing_total')).toBe(5);
    },
  );

  it('is fallen back to by a log that is older than the process, too', options, async () => {
    const log = join(tmpdir(), `freshbytes-log-${newId()}`);
    await writeFile(log, `cut off {"msg":"audit entry comm\n${server.printed()}`);
    const { exitCode, stdout } = await doctor(['--log', log]);
    await rm(log);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^fail commits +\d+ of \d+ acknowledged audit entries are not in the database, 5 orders among them$/m,
    );
    const gone = [...stdout.matchAll(/gone: order\.placed (\S+)/g)].map(([, number]) => number);
    expect(gone).toHaveLength(5);
    expect(gone).toEqual(lostOrders(0));
  });
});

const doctor = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(['doctor', '--cluster', ...args], {
    env: { NODE_ENV: 'development', DATABASE_URL: replicas.url(DATABASE), ...env },
  });

/** Level, subject and text of each finding. */
const findingsIn = (stdout: string): string[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, ' '));

describe('doctor --cluster', () => {
  const options = { timeout: TEST_TIMEOUT_MS };
  let port: number;

  it('reports of one server that one disk holds everything', options, async () => {
    const { exitCode, stdout } = await doctor([]);
    expect(exitCode).toBe(0);
    const findings = findingsIn(stdout);
    expect(findings).toContainEqual(
      expect.stringMatching(/^ok server database leads: timeline 3 at /),
    );
    expect(findings).toContainEqual(
      expect.stringMatching(/^warn commits this one disk holds everything/),
    );
    // These servers are started so.
    expect(findings).toContainEqual(expect.stringMatching(/^warn disks database: fsync=off/));
  });

  it('shows a synchronous standby, and the state of both in Patroni', options, async () => {
    port = await addStandby('fourth', 'fifth');
    await replicas.query(`ALTER SYSTEM SET synchronous_standby_names = 'fifth'`);
    await replicas.query('SELECT pg_reload_conf()');
    await vi.waitUntil(
      async () =>
        (await replicas.query(`SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`)).length >
        0,
      RECOVERY,
    );
    const state: PatroniState = {
      members: [
        { name: 'db1', role: 'leader', state: 'running', port: replicas.port, version: '4.0.4' },
        { name: 'db2', role: 'sync_standby', state: 'streaming', port, version: '4.0.4' },
      ],
      config: {
        ttl: 20,
        loop_wait: 5,
        retry_timeout: 5,
        synchronous_mode: true,
        synchronous_mode_strict: true,
      },
    };
    const patroni = await startPatroni(state);
    const env = { PATRONI_URLS: `http://127.0.0.1:1,${patroni.url}` };
    const good = findingsIn((await doctor([], env)).stdout);
    expect(good).toContainEqual(expect.stringMatching(/^ok server db1 leads: timeline 3 at /));
    expect(good).toContainEqual(
      expect.stringMatching(/^ok server db2 follows, [\d,]+ bytes behind: timeline 3 at /),
    );
    expect(good).toContain('ok address DATABASE_URL leads to db1');
    expect(good).toContainEqual(
      expect.stringMatching(
        /^ok commits synchronous_commit=on: on two disks when acknowledged: fifth \(sync, streaming/,
      ),
    );
    expect(good).toContain('ok patroni 4.0.4');
    expect(good).toContain('ok patroni synchronous_mode and synchronous_mode_strict');
    expect(good).toContainEqual(
      expect.stringMatching(/^fail patroni http:\/\/127\.0\.0\.1:1\/cluster: /),
    );
    patroni.state = {
      members: [
        { name: 'db1', role: 'leader', state: 'running', port: replicas.port, version: '3.0.2' },
        { name: 'db2', role: 'replica', state: 'start failed', port: 1, version: '4.0.4' },
      ],
      config: { synchronous_mode: true },
      pause: true,
    };
    const { exitCode, stdout } = await doctor([], { PATRONI_URLS: patroni.url });
    await patroni.close();
    expect(exitCode).toBe(1);
    const bad = findingsIn(stdout);
    expect(bad).toContainEqual(expect.stringMatching(/^fail patroni 3\.0\.2 on db1: before 4\.0 /));
    expect(bad).toContainEqual(
      expect.stringMatching(/^fail server db2 at 127\.0\.0\.1:1 cannot be reached: /),
    );
    expect(bad).toContain('fail patroni db1 (leader, running), db2 (replica, start failed)');
    expect(bad).toContainEqual(expect.stringMatching(/^warn patroni paused/));
    expect(bad).toContainEqual(
      expect.stringMatching(/^warn patroni synchronous_mode_strict is off/),
    );
    expect(bad).toContainEqual(
      expect.stringMatching(/^fail patroni no member is a synchronous standby/),
    );
  });

  it(
    'sees that nothing is acknowledged without the standby, nor repeated; a wait that is cancelled is counted',
    options,
    async () => {
      const item = { product_id, quantity: '1' };
      const key = newId();
      await ask('/cart/items', item, key);
      await replicas.stop('fifth', 'SIGKILL');
      const { stdout } = await doctor([]);
      expect(stdout).toMatch(
        /^fail commits +no standby of fifth streams: nothing is acknowledged until one does$/m,
      );
      const repeating = ask('/cart/items', item, key);
      const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'freshbytes'`;
      await vi.waitUntil(async () => (await replicas.query(waiting)).length === 1, RECOVERY);
      const placing = placeOrders(1);
      await vi.waitUntil(async () => (await replicas.query(waiting)).length === 2, RECOVERY);
      await replicas.query(`ALTER SYSTEM RESET synchronous_standby_names`);
      await replicas.query(`SELECT pg_cancel_backend(pid) FROM (${waiting}) AS waiting`);
      await replicas.query('SELECT pg_reload_conf()');
      await Promise.all([repeating, placing]);
      expect(await seriesOf('commits_unreplicated_total')).toBeGreaterThanOrEqual(1);
      expect(server.printed()).toContain('a commit was acknowledged on one disk');
    },
  );
});
