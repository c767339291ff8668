// The scripts of ops/deploy on a machine of this test's own: two API processes and a worker behind HAProxy, in use by
// visitors and buyers all the while. A client of the proxy never sees that anything changes.
import { globSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkInvariants } from '../src/db/invariants.ts';
import { newId } from '../src/lib/ids.ts';
import { createActor } from './actors.ts';
import { createMachine, hasHaproxy, type Machine, unpack } from './machine.ts';
import { hasShellcheck, lintShellFiles } from './shellcheck.ts';
import { type Buyer, createBuyer, fillCart, stockProduct } from './shop.ts';

const ROOT = join(import.meta.dirname, '..');
const DEPLOY = join(ROOT, 'ops/deploy');
const TEST_TIMEOUT_MS = 240_000;
/** The worker starts, and so the deployment fails in the middle. */
const BROKEN_API = `if (process.env['WORKER'] === 'off') throw new Error('It never listens');`;
const VISITORS = 2;
const BUYERS = 1;
const EXIT = { done: 0, failed: 1, usage: 2, busy: 3 } as const;

describe.runIf(hasHaproxy)('a machine with two API processes and a worker', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await createMachine();
    for (const version of ['1.0.0', '1.1.0']) await unpack(machine.root, version);
    await unpack(machine.root, '1.2.0', { 'src/serve.ts': BROKEN_API });
    await unpack(machine.root, '1.3.0', { 'migrations/9999_wrong.sql': 'SELECT 1 / 0;' });
    await symlink(join(machine.root, 'releases/1.1.0'), join(machine.root, 'releases/1.4.0'));
    expect(await machine.run('deploy.sh', ['1.0.0'])).toMatchObject({ exitCode: EXIT.done });
  }, TEST_TIMEOUT_MS);
  afterAll(() => machine.close(), TEST_TIMEOUT_MS);

  it('loses no request to a deployment, to one that fails, and to a rollback', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const load = await startLoad(machine);
    const running = machine.run('deploy.sh', ['1.1.0']);
    await vi.waitUntil(() => load.hasSeen('1.1.0'), { timeout: 90_000 });
    const second = await machine.run('deploy.sh', ['1.0.0']);
    expect(second).toMatchObject({ exitCode: EXIT.busy });
    expect(await running).toMatchObject({ exitCode: EXIT.done });
    expect(await machine.releases()).toEqual(everywhere('1.1.0', { previous: '1.0.0' }));

    const broken = await machine.run('deploy.sh', ['1.2.0']);
    expect(broken.said).toMatch(
      /worker@\d+ runs 1\.2\.0\n.*api@\d+ did not get ready with 1\.2\.0/,
    );
    expect(broken.said).toContain('everything runs what it ran before');
    expect(broken.exitCode).toBe(EXIT.failed);
    expect(await machine.releases()).toEqual(everywhere('1.1.0', { previous: '1.0.0' }));

    expect(await machine.run('rollback.sh')).toMatchObject({ exitCode: EXIT.done });
    expect(await machine.releases()).toEqual(everywhere('1.0.0', { previous: '1.1.0' }));

    const { failures, pages, orders } = await load.stop();
    expect(failures).toEqual([]);
    expect(pages).toBeGreaterThan(100);
    expect(orders.length).toBeGreaterThan(20);
    const kept = await machine.bench.test.services.db.selectFrom('orders').select('id').execute();
    expect(kept.map(({ id }) => id).sort()).toEqual(orders.sort());
    expect(await checkInvariants(machine.bench.test.databaseUrl)).toEqual([]);
  });

  it.each([
    ['1.3.0', EXIT.failed, 'the migrations of 1.3.0 failed; nothing was changed'],
    ['1.4.0', EXIT.usage, 'is version 1.1.0'],
    ['9.9.9', EXIT.usage, 'does not start'],
    ['../x', EXIT.usage, 'not a version'],
  ])('%s is refused before any process ends', async (version, exitCode, reason) => {
    const before = await machine.releases();
    const answer = await machine.run('deploy.sh', [version]);
    expect(answer.said).toContain(reason);
    expect(answer.exitCode).toBe(exitCode);
    expect(await machine.releases()).toEqual(before);
  });
});

it.runIf(hasShellcheck)('shellcheck has nothing to say of any script of ops', () => {
  const scripts = globSync('ops/**/*.sh', { cwd: ROOT });
  expect(scripts).toContain('ops/deploy/deploy.sh');
  expect(lintShellFiles(scripts)).toBe('');
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

interface Load {
  /** Whether that version has answered. @throws Error where a request has failed */
  hasSeen(version: string): boolean;
  stop(): Promise<{ pages: number; orders: string[]; failures: string[] }>;
}

/** Visitors and buyers who come back as soon as they are answered, until it stops. */
async function startLoad({ url, bench: { test } }: Machine): Promise<Load> {
  const seller = await createActor(test, { role: 'seller' });
  const lots = [{ quantity_milli: 100_000_000, days_left: 5 }];
  const product = await stockProduct(test, seller.seller_id, { lots });
  const versions = new Set<string>();
  const orders: string[] = [];
  const failures: string[] = [];
  let pages = 0;
  let isOver = false;

  const ask = async (path: string, status: number, init?: RequestInit): Promise<unknown> => {
    try {
      const answer = await fetch(`${url}${path}`, init);
      const body = await answer.text();
      if (answer.status === status) return JSON.parse(body);
      failures.push(`${path}: ${answer.status} ${body}`);
    } catch (error) {
      failures.push(`${path}: ${String(error)} ${String((error as Error).cause)}`);
    }
    isOver = true;
    return undefined;
  };
  const visit = async () => {
    while (!isOver) {
      await ask('/api/v1/products', 200);
      const health = (await ask('/health', 200)) as { version: string } | undefined;
      if (health !== undefined) versions.add(health.version);
      pages += 1;
    }
  };
  const buy = async () => {
    while (!isOver) {
      const buyer = await createBuyer(test);
      await fillCart(test, buyer, { [product.id]: '1' });
      const order = await ask('/api/v1/orders/checkout', 201, checkout(buyer));
      if (order !== undefined) orders.push((order as { order: { id: string } }).order.id);
    }
  };
  const people = [...Array(VISITORS).fill(visit), ...Array(BUYERS).fill(buy)].map((go) => go());
  return {
    hasSeen: (version) => {
      expect(failures).toEqual([]);
      return versions.has(version);
    },
    stop: async () => {
      isOver = true;
      await Promise.all(people);
      return { pages, orders, failures };
    },
  };
}

function checkout({ token, address_id }: Buyer): RequestInit {
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
