import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openSocket } from '../../../test/support/network/raw-http.ts';
import { createProbe, type Probe, type ProbeCall, userActor } from '../../../test/support/probe.ts';
import { ANYONE, SIGNED_IN } from '../access.ts';
import { type AnyRoute, route } from '../route.ts';

/** Requests that wait until the test lets them go. */
let gate = Promise.withResolvers<void>();
let waiting = 0;
const facts = { operationId: 'probe', tag: 'Probe', summary: 'Probe', status: 204 } as const;
const pass = async () => undefined;
const wait = () => {
  waiting += 1;
  return gate.promise;
};
const routes: readonly AnyRoute[] = [
  route({ ...facts, method: 'GET', path: '/things', access: ANYONE, handle: pass }),
  route({ ...facts, method: 'GET', path: '/mine', access: SIGNED_IN, handle: pass }),
  route({ ...facts, method: 'POST', path: '/things', access: ANYONE, handle: pass }),
  route({
    ...facts,
    method: 'POST',
    path: '/checkout',
    access: SIGNED_IN,
    priority: 'critical',
    handle: pass,
  }),
  route({ ...facts, method: 'GET', path: '/slow', access: SIGNED_IN, handle: wait }),
];
const CALLS = {
  browse: { path: '/things' },
  head: { method: 'HEAD', path: '/things' },
  unknown: { path: '/nowhere' },
  mine: { path: '/mine', token: 'maria' },
  write: { method: 'POST', path: '/things' },
  checkout: { method: 'POST', path: '/checkout', token: 'maria' },
  page: { path: '/api/pay' },
  live: { path: '/api/live' },
} as const satisfies Record<string, ProbeCall>;

let probe: Probe;
const shed: string[] = [];
const held: ReturnType<Probe['call']>[] = [];

async function open(env: Readonly<Record<string, string>>): Promise<void> {
  gate = Promise.withResolvers();
  waiting = 0;
  shed.length = 0;
  probe = await createProbe({
    routes,
    callers: { maria: userActor() },
    env: { LOAD_SHEDDING: 'on', SHED_LOOP_DELAY_MS: '60000', ...env },
    onShed: (priority) => shed.push(priority),
    configure: (app) => {
      app.get('/api/live', { config: { isExempt: true } }, async () => 'ok');
      app.get('/api/pay', { config: { priority: 'critical' } }, async () => 'ok');
    },
  });
}

afterEach(async () => {
  await done();
  await probe.close();
});

/** Statuses of one request of each kind. */
async function answers(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [name, call] of Object.entries(CALLS))
    found[name] = (await probe.call(call)).statusCode;
  return found;
}

/** Adds so many requests that wait; `done` lets all of them go. */
async function hold(count: number): Promise<void> {
  const before = waiting;
  for (let i = 0; i < count; i += 1) held.push(probe.call({ path: '/slow', token: 'maria' }));
  await vi.waitFor(() => expect(waiting).toBe(before + count));
}

async function done(): Promise<number[]> {
  gate.resolve();
  return (await Promise.all(held.splice(0))).map((answer) => answer.statusCode);
}

const CALM = {
  browse: 204,
  head: 204,
  unknown: 404,
  mine: 204,
  write: 204,
  checkout: 204,
  page: 200,
  live: 200,
};

describe('with too many requests in flight', () => {
  it('browsing is refused first, then all but what is critical, and that at last', async () => {
    await open({ SHED_REQUESTS_IN_FLIGHT: '3' });
    await hold(2);
    expect(await answers()).toEqual(CALM);
    await hold(1);
    const browsing = { browse: 503, head: 503, unknown: 503 };
    expect(await answers()).toEqual({ ...CALM, ...browsing });
    await hold(3);
    const others = { ...browsing, mine: 503, write: 503 };
    expect(await answers()).toEqual({ ...CALM, ...others });
    // What was let in is answered.
    expect(await done()).toEqual(Array(6).fill(204));
    expect(new Set(shed)).toEqual(new Set(['browse', 'normal']));
  });

  it('even what is critical is refused at four times as many', async () => {
    await open({ SHED_REQUESTS_IN_FLIGHT: '1' });
    const { app } = probe;
    await app.listen({ port: 0, host: '127.0.0.1' });
    // Bodies that never end: they hold a request that was let in before there was pressure.
    const sockets = await Promise.all(
      Array.from({ length: 4 }, () => openSocket((app.server.address() as AddressInfo).port)),
    );
    const head =
      'POST /api/v1/checkout HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer maria\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';
    for (const socket of sockets) socket.write(head);
    await vi.waitFor(async () =>
      expect(await answers()).toEqual({
        ...Object.fromEntries(Object.keys(CALM).map((name) => [name, 503])),
        live: 200,
      }),
    );
    // A client that goes away makes room, although its request was never answered.
    for (const socket of sockets) {
      socket.destroy();
      await once(socket, 'close');
    }
    await vi.waitFor(async () => expect(await answers()).toEqual(CALM), { timeout: 10_000 });
  });

  it('it is over within seconds once they are done, and the log says both', async () => {
    await open({ SHED_REQUESTS_IN_FLIGHT: '1' });
    await hold(1);
    expect((await probe.call(CALLS.browse)).statusCode).toBe(503);
    await done();
    await vi.waitFor(async () => expect((await probe.call(CALLS.browse)).statusCode).toBe(204), {
      timeout: 5_000,
    });
    expect(probe.entries).toContainEqual(
      expect.objectContaining({
        msg: 'overloaded: refusing requests',
        refused: ['browse'],
        requests_in_flight: 1,
        pool_waiting: 0,
      }),
    );
  });

  it('nothing is refused where it is switched off', async () => {
    await open({ SHED_REQUESTS_IN_FLIGHT: '1', LOAD_SHEDDING: 'off' });
    await hold(5);
    expect(await answers()).toEqual(CALM);
    await done();
  });
});

describe('a refusal', () => {
  it('is a problem that says when to come back, not to everybody the same', async () => {
    await open({ SHED_REQUESTS_IN_FLIGHT: '1', RATE_LIMITS: 'on' });
    await hold(1);
    const refused = await Promise.all(
      Array.from({ length: 50 }, () => probe.call({ path: '/things?secret=1' })),
    );
    const [first] = refused;
    expect([first?.statusCode, first?.headers['content-type']]).toEqual([
      503,
      'application/problem+json; charset=utf-8',
    ]);
    expect(first?.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-request-id': first?.json().request_id,
      'x-content-type-options': 'nosniff',
    });
    expect(first?.json()).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      instance: '/api/v1/things',
    });
    const waits = new Set(refused.map((answer) => Number(answer.headers['retry-after'])));
    expect(waits.size).toBeGreaterThan(1);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5);
    await done();
  });

  it('costs no quota, and is no error in the log', async () => {
    await open({ SHED_REQUESTS_IN_FLIGHT: '1', RATE_LIMITS: 'on', RATE_LIMIT_ANONYMOUS: '1/hour' });
    await hold(1);
    for (let i = 0; i < 5; i += 1) await probe.call(CALLS.browse);
    await done();
    await vi.waitFor(
      async () => expect((await probe.call(CALLS.browse)).statusCode).not.toBe(503),
      {
        timeout: 5_000,
      },
    );
    expect(shed).toContain('browse');
    expect(probe.entries.map((entry) => entry['msg'])).toEqual(['overloaded: refusing requests']);
  });
});

describe('with an event loop that is late', () => {
  it('browsing is refused, and again welcome when it is not', async () => {
    await open({ SHED_LOOP_DELAY_MS: '50' });
    const isRefused = async () => (await probe.call(CALLS.browse)).statusCode === 503;
    const end = performance.now() + 10_000;
    let wasRefused = false;
    while (!wasRefused && performance.now() < end) {
      const blockedUntil = performance.now() + 120;
      while (performance.now() < blockedUntil) Math.sqrt(end);
      await turnOfTheLoop();
      wasRefused = await isRefused();
    }
    expect(wasRefused).toBe(true);
    await vi.waitFor(async () => expect(await isRefused()).toBe(false), { timeout: 5_000 });
  });
});
