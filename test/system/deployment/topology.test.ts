// compose.yaml for real: its services as local processes behind its own proxy, in production settings, and then the demo
// with the README's tour, during which one of the two API processes is stopped.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage, request } from 'node:http';
import { get as getSecurely } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/lib/ids.ts';
import { hasTopology, startTopology, type Topology } from '../../support/deployment/topology.ts';
import { startSteadyLoad } from '../../support/network/steady-load.ts';
import { takeTour, tourIn } from '../../support/processes/tour.ts';

const ROOT = join(import.meta.dirname, '../../..');
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
/** Of a network of its own, so that the log's prefix tells it from the proxy. */
const CLIENT_ADDRESS = '127.0.9.1';
const CLIENT_PREFIX = '127.0.9.0/24';
const PATH = '/api/v1/categories';

describe.skipIf(!hasTopology)('the services of compose.yaml', () => {
  let topology: Topology;
  beforeAll(async () => {
    topology = await startTopology(['compose.yaml']);
  }, START_TIMEOUT_MS);
  afterAll(() => topology?.close(), STOP_TIMEOUT_MS);

  /** Through the proxy, from CLIENT_ADDRESS. */
  const ask = (path: string, headers: Record<string, string> = {}) =>
    answerOf(
      getSecurely(`https://${topology.published(8443)}${path}`, {
        localAddress: CLIENT_ADDRESS,
        // Signed by nobody: make-secrets.sh made it.
        rejectUnauthorized: false,
        headers,
      }),
    );
  /** Who was served, by the logs of both API processes. */
  const loggedPrefix = async (requestId: string) => {
    const lineOf = () =>
      topology.api
        .flatMap(({ printed }) => printed().split('\n'))
        .find((line) => line.includes(requestId) && line.includes('ip_prefix'));
    await expect.poll(lineOf).toBeDefined();
    return (JSON.parse(lineOf() ?? '') as { ip_prefix: string }).ip_prefix;
  };

  it('are served over TLS by two processes', async () => {
    expect(await ask('/health/ready')).toMatchObject({ status: 200 });
    expect(topology.api).toHaveLength(2);
  });

  it.each(['/', '/docs', '/errors/NOT_FOUND'])(
    'lead whoever looks at %s without TLS to the page with it',
    async (path) => {
      const plain = await answerOf(get(`http://${topology.published(8080)}${path}`));
      expect([plain.status, plain.location]).toEqual([
        308,
        `https://${topology.published(8080)}${path}`,
      ]);
    },
  );

  it.each([
    ['GET', PATH, {}],
    ['GET', '/%61pi/v1/categories', {}],
    ['GET', '//api/v1/categories', {}],
    ['POST', '/api/v1/auth/login', {}],
    ['POST', '/login', {}],
    ['GET', '/health', { authorization: 'Bearer token' }],
  ])(
    'refuse %s %s without TLS instead of helping it to happen again',
    async (method, path, headers) => {
      const asked = request(`http://${topology.published(8080)}${path}`, { method, headers });
      const answer = await answerOf(asked.end());
      expect([answer.status, answer.location]).toEqual([403, undefined]);
      expect(JSON.parse(answer.body)).toMatchObject({ status: 403, code: 'HTTPS_REQUIRED' });
    },
  );

  it('work on jobs in a process of their own', async () => {
    const answer = await fetch(`${topology.worker.url}/metrics`, {
      headers: { authorization: `Bearer ${await topology.secret('metrics_token')}` },
    });
    expect(await answer.text()).toContain('job_queue_depth');
  });

  it('are healthy in every part, Redis and its password included', async () => {
    const token = await topology.secret('metrics_token');
    const answer = await ask('/health', { authorization: `Bearer ${token}` });
    expect(JSON.parse(answer.body)).toMatchObject({
      status: 'healthy',
      checks: { database: { status: 'healthy' }, cache: { status: 'healthy' } },
    });
  });

  it('show metrics to nobody outside', async () => {
    const authorization = `Bearer ${await topology.secret('metrics_token')}`;
    const spellings = ['/metrics', '/metrics/', '/%6detrics', '/metric%73/', '/metrics?a=1'];
    for (const path of spellings)
      expect(await ask(path, { authorization }), path).toMatchObject({ status: 404 });
  });

  it('know a client by its own address, whatever it claims to be', async () => {
    const claims = {
      'x-forwarded-for': '203.0.113.5',
      forwarded: 'for=203.0.113.5',
      'x-real-ip': '203.0.113.5',
    };
    for (const headers of [{}, claims]) {
      const requestId = newId();
      expect(await ask(PATH, { ...headers, 'x-request-id': requestId })).toMatchObject({
        status: 200,
      });
      expect(await loggedPrefix(requestId)).toBe(CLIENT_PREFIX);
    }
  });

  it('believe nobody but the proxy', async () => {
    const requestId = newId();
    const [server] = topology.api;
    const headers = { 'x-forwarded-for': '203.0.113.5', 'x-request-id': requestId };
    await answerOf(get(`${server?.url}${PATH}`, { localAddress: CLIENT_ADDRESS, headers }));
    expect(await loggedPrefix(requestId)).toBe(CLIENT_PREFIX);
  });
});

describe.skipIf(!hasTopology)('the demo', () => {
  let topology: Topology;
  beforeAll(async () => {
    topology = await startTopology(['compose.yaml', 'compose.demo.yaml'], ['seed']);
  }, START_TIMEOUT_MS);
  afterAll(() => topology?.close(), STOP_TIMEOUT_MS);

  it('keeps every promise of the tour while one of the two API processes stops, and loses no request', async () => {
    const [stopping, staying] = topology.api;
    if (stopping === undefined || staying === undefined)
      throw new Error('two processes are needed');
    const url = `http://${topology.published(8000)}`;
    const load = startSteadyLoad(2, async () => {
      const answer = await fetch(`${url}/health/live`);
      const body = await answer.text();
      return answer.ok ? undefined : `${answer.status} ${body}`;
    });
    const steps = tourIn(await readFile(join(ROOT, 'README.md'), 'utf8'));
    const { printed, complaints } = await takeTour(steps, {
      url,
      onUnderWay: () => stopping.child.kill('SIGTERM'),
    });
    expect(complaints).toBe('');
    expect(printed).toEqual(steps);
    if (stopping.child.exitCode === null) await once(stopping.child, 'exit');
    expect(stopping.child.exitCode).toBe(0);
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(stopping.printed()).not.toContain('"level":"error"');
    expect(staying.printed()).not.toContain('"level":"error"');
  }, 60_000);

  it('shows the mail that the tour caused, and sends none', async () => {
    const recipients = async () => {
      const answer = await fetch(`http://${topology.published(8000)}/dev/messages`);
      const { results } = (await answer.json()) as { results: { to: string }[] };
      return results.map(({ to }) => to);
    };
    await expect
      .poll(recipients, { timeout: 20_000 })
      .toEqual(expect.arrayContaining(['customer@freshbytes.test', 'seller@freshbytes.test']));
    expect(topology.mail.recipients).toEqual([]);
  }, 30_000);
});

async function answerOf(asked: ReturnType<typeof get>) {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode,
    location: response.headers.location,
    body: await text(response),
  };
}
