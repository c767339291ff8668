// Bytes that no client library would send, and clients that take their time.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ANYONE } from '../../../src/http/access.ts';
import { route } from '../../../src/http/route.ts';
import { answersUntilClose, exchange, openSocket } from '../../support/network/raw-http.ts';
import { createProbe, type Probe } from '../../support/probe.ts';

const SLOW_CLIENT_MS = 300;
const GET = 'GET /api/v1/things HTTP/1.1\r\n';
const POST = 'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

const returns = Type.Object({ name: Type.String() });
const facts = {
  path: '/things',
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
} as const;
const LARGE = 'a'.repeat(32 * 1024 * 1024);
const routes = [
  route({
    ...facts,
    path: '/large',
    method: 'GET',
    status: 200,
    returns,
    handle: async () => ({ name: LARGE }),
  }),
  route({
    ...facts,
    method: 'GET',
    status: 200,
    returns,
    handle: async () => ({ name: 'Kamatis' }),
  }),
  route({
    ...facts,
    method: 'POST',
    status: 201,
    returns,
    body: returns,
    handle: async (_ctx, { body }) => body,
  }),
];

let probe: Probe;
let port: number;

beforeAll(async () => {
  probe = await createProbe({ routes });
  // The limits for slow clients, made short: Node reads them at each check.
  probe.app.server.headersTimeout = SLOW_CLIENT_MS;
  probe.app.server.requestTimeout = 2 * SLOW_CLIENT_MS;
  await probe.app.listen({ port: 0, host: '127.0.0.1' });
  port = (probe.app.server.address() as AddressInfo).port;
});
afterAll(() => probe.close());

describe('what is not HTTP', () => {
  it.each([
    ['a line of nonsense', 'hello there\r\n\r\n', 400],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a broken header', `${GET}Host x\r\n\r\n`, 400],
    ['a NUL in a header', `${GET}Host: x\r\nX-A: a\0b\r\n\r\n`, 400],
    ['two lengths', `${GET}Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    [
      'a length and chunks',
      `POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a negative length', `${GET}Host: x\r\nContent-Length: -1\r\n\r\n`, 400],
    ['a broken chunk', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['headers of 20 kB', `${GET}Host: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['an address of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['no Host', `${GET}Connection: close\r\n\r\n`, 400],
    ['the greeting of TLS', Buffer.from('160301007b0100007703034f', 'hex'), 400],
    ['the greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('(%s) is answered with a problem and a closed connection', async (_what, bytes, status) => {
    const answers = await exchange(port, bytes);
    expect(answers).toHaveLength(1);
    const [answer] = answers;
    expect([
      answer?.status,
      answer?.headers['connection'],
      answer?.headers['content-type'],
    ]).toEqual([status, 'close', 'application/problem+json; charset=utf-8']);
    const problem = JSON.parse(answer?.body ?? '');
    expect(problem).toMatchObject({
      status,
      code: status === 431 ? 'HEADERS_TOO_LARGE' : 'VALIDATION_ERROR',
    });
    expect(answer?.headers).toMatchObject({
      'x-request-id': problem.request_id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  it('(bytes of the address that are not ASCII) is 400', async () => {
    const [answer] = await exchange(
      port,
      Buffer.from(
        'GET /api/v1/things?search=Piña HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        'utf8',
      ),
    );
    expect(answer?.status).toBe(400);
  });

  it('(a tunnel) is closed', async () => {
    expect(await exchange(port, 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n')).toEqual([]);
  });

  it.each(['100-continue', 'tea'])(
    '(Expect: %s) does not keep an answer away',
    async (expectation) => {
      const answers = await exchange(
        port,
        `${GET}Host: x\r\nConnection: close\r\nExpect: ${expectation}\r\n\r\n`,
      );
      expect(answers.at(-1)?.status).toBe(200);
    },
  );

  it('comes after requests that are answered all the same', async () => {
    const answers = await exchange(
      port,
      `${GET}Host: x\r\n\r\n${GET}Host: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
  });
});

describe('a slow client', () => {
  it.each([
    ['sends nothing at all', ''],
    ['sends half of its headers', 'GET /api/v1/things HTTP/1.1\r\nHost: x\r\n'],
    ['sends half of its body', `${POST}Content-Length: 100\r\n\r\n{"user`],
  ])('that %s is answered that it took too long, and is closed', async (_what, bytes) => {
    const [answer] = await exchange(port, bytes);
    expect([answer?.status, JSON.parse(answer?.body ?? '{}').code]).toEqual([
      408,
      'REQUEST_TIMEOUT',
    ]);
  });

  it('that drips is not kept for ever', async () => {
    const socket = await openSocket(port);
    socket.write('GET /api/v1/things HTTP/1.1\r\n');
    const drip = setInterval(() => socket.write('X-A: a\r\n'), 20);
    const [answer] = await answersUntilClose(socket);
    clearInterval(drip);
    expect(answer?.status).toBe(408);
  });

  it('that sends its body in drops is not kept for ever', async () => {
    const socket = await openSocket(port);
    socket.write(`${POST}Content-Length: 10000\r\n\r\n{"user`);
    const drip = setInterval(() => socket.write('x'), 20);
    const [answer] = await answersUntilClose(socket);
    clearInterval(drip);
    expect(answer?.status).toBe(408);
  });

  it('that does not read its answer is not kept for ever', async () => {
    const { server } = probe.app;
    const connections = () => promisify(server.getConnections.bind(server))();
    await vi.waitFor(async () => expect(await connections()).toBe(0));
    server.timeout = SLOW_CLIENT_MS;
    const socket = await openSocket(port);
    socket.pause();
    socket.write('GET /api/v1/large HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(async () => expect(await connections()).toBe(1));
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 5_000 });
    socket.destroy();
  });

  it('that goes away in the middle harms nobody', async () => {
    const socket = await openSocket(port);
    socket.write(`${POST}Content-Length: 100\r\n\r\n{"user`);
    socket.destroy();
    await once(socket, 'close');
    const [answer] = await exchange(port, `${GET}Host: x\r\nConnection: close\r\n\r\n`);
    expect(answer?.status).toBe(200);
  });
});
