// The scripts of ops/deploy on a machine of this test's own: two API processes and a worker behind HAProxy, on a database
// of two roles, in use by visitors and customers all the while. A client of the proxy never sees that anything changes.
import { globSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../src/lib/ids.ts';
import { createActor } from '../../support/actors.ts';
import type { TestApp } from '../../support/app.ts';
import { hasShellcheck, lintShellFiles } from '../../support/deployment/shellcheck.ts';
import { checkAllInvariants } from '../../support/invariants.ts';
import { type Customer, createCustomer, fillCart, stockProduct } from '../../support/market.ts';
import {
  createMachine,
  hasHaproxy,
  type Machine,
  unpack,
} from '../../support/processes/machine.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DEPLOY = join(ROOT, 'ops/deploy');
/** Five times what it takes on two cores that have nothing else to do. */
const TEST_TIMEOUT_MS = 600_000;
const VISITORS = 2;
const CUSTOMERS = 1;
const EXIT = { done: 0, failed: 1, usage: 2, busy: 3 } as const;

/**
 * A migration with a table that is written by the release before as well, through a trigger, and one that may only grow.
 * The release itself writes to it when it starts.
 */
const withTable = (name: string, number: number) => ({
  [`migrations/${number}_${name}.sql`]: `
    CREATE TABLE ${name} (order_id uuid);
    CREATE TABLE ${name}_log (LIKE ${name});
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ${name}_log
      FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE FUNCTION keep_${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO ${name} VALUES (NEW.id);
      INSERT INTO ${name}_log VALUES (NEW.id);
      RETURN NULL;
    END $$;
    CREATE TRIGGER keep_${name} AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION keep_${name}();`,
  'src/db/database.ts': `
    if (/serve|worker/.test(process.argv.join())) {
      const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
      await client.connect();
      await client.query('INSERT INTO ${name} DEFAULT VALUES');
      await client.end();
    }`,
});
const VISITS = withTable('visits', 9001);
/** The worker starts, and so the deployment fails in the middle. */
const BROKEN_API = `if (process.env['WORKER'] === 'off') throw new Error('It never listens');`;

describe.runIf(hasHaproxy)('a machine with two API processes and a worker', () => {
  let machine: Machine;
  let test: TestApp;
  beforeAll(async () => {
    machine = await createMachine();
    const { root } = machine;
    await unpack(root, '1.0.0');
    await unpack(root, '1.1.0', VISITS);
    const baskets = withTable('baskets', 9002);
    await unpack(root, '1.2.0', { ...VISITS, ...baskets, 'src/process/serve.ts': BROKEN_API });
    const [[path = '', text = ''] = []] = Object.entries(withTable('crates', 9003));
    await unpack(root, '1.3.0', { [path]: text, 'migrations/9004_wrong.sql': 'SELECT 1 / 0;' });
    await symlink(join(root, 'releases/1.1.0'), join(root, 'releases/1.4.0'));
    // Into a database that is empty.
    const first = await machine.run('deploy.sh', ['1.0.0']);
    expect(first).toMatchObject({ exitCode: EXIT.done });
    test = await machine.openApp();
  }, TEST_TIMEOUT_MS);
  afterAll(() => machine?.close(), TEST_TIMEOUT_MS);

  it('loses no request to a deployment, to one that fails, to a failed migration, and to a rollback', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    await using load = await startLoad(machine, test);
    const running = machine.run('deploy.sh', ['1.1.0']);
    await vi.waitUntil(() => load.hasSeen('1.1.0'), { timeout: TEST_TIMEOUT_MS });
    const second = await machine.run('deploy.sh', ['1.0.0']);
    expect(second).toMatchObject({ exitCode: EXIT.busy });
    const deployed = await running;
    expect(deployed.exitCode, deployed.said).toBe(EXIT.done);
    // Every client of this machine together has no requests left; the gate does not need theirs.
    expect(deployed.said).not.toContain('was not seen');
    expect(await machine.releases()).toEqual(everywhere('1.1.0', { previous: '1.0.0' }));

    const broken = await machine.run('deploy.sh', ['1.2.0']);
    expect(broken.said).toMatch(
      /worker@\d+ runs 1\.2\.0\n.*api@\d+ did not get ready with 1\.2\.0/,
    );
    expect(broken.said).toContain('everything runs what it ran before');
    expect(broken.exitCode).toBe(EXIT.failed);
    expect(await machine.releases()).toEqual(everywhere('1.1.0', { previous: '1.0.0' }));

    const unmigrated = await machine.run('deploy.sh', ['1.3.0']);
    expect(unmigrated.said).toContain('the migrations of 1.3.0 failed');
    expect(unmigrated.exitCode).toBe(EXIT.failed);
    expect(await machine.log('migrate@1.3.0')).toContain('division by zero');
    expect(await machine.releases()).toEqual(everywhere('1.1.0', { previous: '1.0.0' }));

    const back = await machine.run('rollback.sh');
    expect(back.exitCode, back.said).toBe(EXIT.done);
    expect(await machine.releases()).toEqual(everywhere('1.0.0', { previous: '1.1.0' }));

    const { failures, pages, orders } = await load.stop();
    expect(failures).toEqual([]);
    expect(pages).toBeGreaterThan(100);
    expect(orders.length).toBeGreaterThan(20);
    const { db } = test.services;
    const kept = await db.selectFrom('orders').select('id').execute();
    expect(kept.map(({ id }) => id).sort()).toEqual(orders.sort());
    expect(await checkAllInvariants(machine.roles.ownerUrl)).toEqual([]);
  });

  it('each migration, whatever followed it, left its tables to the role that serves', async () => {
    for (const name of ['visits', 'baskets', 'crates']) {
      const { rows } = await sql<Record<string, boolean | number>>`
        SELECT has_table_privilege(${name}, 'SELECT, INSERT') AS adds, has_table_privilege(${`${name}_log`}, 'INSERT') AS logs,
          has_table_privilege(${`${name}_log`}, 'UPDATE, DELETE, TRUNCATE') AS changes,
          (SELECT count(*)::integer FROM ${sql.table(`${name}_log`)}) AS written`.execute(
        test.services.db,
      );
      expect(rows).toEqual([
        { adds: true, logs: true, changes: false, written: expect.any(Number) },
      ]);
      // By the release before it, while it was being deployed.
      expect(rows[0]?.['written']).toBeGreaterThan(0);
    }
  });

  it('shows metrics to those who ask the processes, and to nobody through the proxy', async () => {
    const ask = async (url: string) => (await fetch(url)).status;
    const spellings = ['/metrics', '/metrics/', '/%6detrics', '/metric%73/', '/metrics?a=1'];
    expect(await ask(`${machine.apiUrl}/metrics`)).toBe(401);
    for (const path of spellings)
      expect([path, await ask(machine.url + path)]).toEqual([path, 404]);
    const body = await (await fetch(`${machine.url}/metrics`)).text();
    expect(body).not.toContain('NOT_FOUND');
  });

  it.each([
    ['1.3.0', EXIT.failed, 'the migrations of 1.3.0 failed; everything runs what it ran before'],
    ['1.4.0', EXIT.usage, 'is version 1.1.0'],
    ['9.9.9', EXIT.usage, 'does not start'],
    ['../x', EXIT.usage, 'not a version'],
  ])(
    '%s is refused before any process ends',
    { timeout: TEST_TIMEOUT_MS },
    async (version, exitCode, reason) => {
      const before = await machine.releases();
      const answer = await machine.run('deploy.sh', [version]);
      expect(answer.said).toContain(reason);
      expect(answer.exitCode).toBe(exitCode);
      expect(await machine.releases()).toEqual(before);
    },
  );
});

it.runIf(hasShellcheck)(
  'shellcheck has nothing to say of any script of ops, of CI and of the hooks',
  () => {
    const scripts = globSync(['ops/**/*.sh', '.ci/*', '.githooks/*'], { cwd: ROOT });
    expect(scripts).toEqual(expect.arrayContaining(['ops/deploy/deploy.sh', '.ci/run']));
    expect(lintShellFiles(scripts)).toBe('');
  },
);

it('retention is called every month, as the owner of the tables', async () => {
  const timer = await readFile(join(DEPLOY, 'freshbytes-retention.timer'), 'utf8');
  const service = await readFile(join(DEPLOY, 'freshbytes-retention.service'), 'utf8');
  expect(timer).toMatch(/^OnCalendar=\*-\*-\d\d \d\d:\d\d:\d\d$/m);
  expect(timer).toMatch(/^Persistent=true$/m);
  expect(service).toMatch(/^ExecStart=.* bin\/freshbytes.js retention$/m);
  expect(service).toMatch(/^EnvironmentFile=-\/etc\/freshbytes\/owner$/m);
});

it('an instance drains longer than the proxy takes to notice', async () => {
  const unit = await readFile(join(DEPLOY, 'freshbytes-api@.service'), 'utf8');
  const proxy = await readFile(join(DEPLOY, 'haproxy.cfg'), 'utf8');
  const drain_ms = Number(/DRAIN_MS=(\d+) /.exec(unit)?.[1]);
  const [, interval_ms, fall] = (/inter (\d+)ms fall (\d+)/.exec(proxy) ?? []).map(Number);
  expect(drain_ms).toBeGreaterThanOrEqual(4 * Number(interval_ms) * Number(fall));
});

function everywhere(version: string, { previous }: { previous: string }): Record<string, string> {
  return { api: version, second: version, worker: version, current: version, previous };
}

interface Load extends AsyncDisposable {
  /** Whether that version has answered. @throws Error where a request has failed */
  hasSeen(version: string): boolean;
  stop(): Promise<{ pages: number; orders: string[]; failures: string[] }>;
}

/**
 * Visitors and customers who come back as soon as they are answered, until it stops. What a client that is not signed in asks
 * for is refused most of the time: all of this machine share one quota.
 */
async function startLoad({ url }: Machine, test: TestApp): Promise<Load> {
  const seller = await createActor(test, { role: 'seller' });
  const lots = [{ quantity_milli: 100_000_000, days_left: 5 }];
  const product = await stockProduct(test, seller.seller_id, { lots });
  const versions = new Set<string>();
  const orders: string[] = [];
  const failures: string[] = [];
  let pages = 0;
  let isOver = false;

  const ask = async (
    path: string,
    statuses: readonly number[],
    init?: RequestInit,
  ): Promise<unknown> => {
    try {
      const answer = await fetch(`${url}${path}`, init);
      const body = await answer.text();
      if (statuses.includes(answer.status)) return JSON.parse(body);
      failures.push(`${path}: ${answer.status} ${body}`);
    } catch (error) {
      failures.push(`${path}: ${String(error)} ${String((error as Error).cause)}`);
    }
    isOver = true;
    return undefined;
  };
  const visit = async () => {
    const { token } = await createActor(test, { role: 'customer' });
    while (!isOver) {
      await ask('/api/v1/products', [200], { headers: { authorization: `Bearer ${token}` } });
      await ask('/api/v1/products', [200, 429]);
      const health = (await ask('/health', [200])) as { version: string } | undefined;
      if (health !== undefined) versions.add(health.version);
      pages += 1;
    }
  };
  const buy = async () => {
    while (!isOver) {
      const customer = await createCustomer(test);
      await fillCart(test, customer, { [product.id]: '1' });
      const order = await ask('/api/v1/orders/checkout', [201], checkout(customer));
      if (order !== undefined) orders.push((order as { order: { id: string } }).order.id);
    }
  };
  const people = [...Array(VISITORS).fill(visit), ...Array(CUSTOMERS).fill(buy)].map((go) => go());
  const stop = async () => {
    isOver = true;
    await Promise.all(people);
    return { pages, orders, failures };
  };
  return {
    hasSeen: (version) => {
      expect(failures).toEqual([]);
      return versions.has(version);
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function checkout({ token, address_id }: Customer): RequestInit {
  return {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': newId(),
    },
    body: JSON.stringify({ address_id, payment_method: 'COD' }),
  };
}
