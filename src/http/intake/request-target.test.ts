import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exchange, openSocket } from '../../../test/support/network/raw-http.ts';
import { createProbe, type Probe } from '../../../test/support/probe.ts';
import { ANYONE } from '../access.ts';
import { listRoute, route } from '../route.ts';

const facts = { access: ANYONE, operationId: 'probe', tag: 'Probe', summary: 'Probe' } as const;
const things = listRoute({
  ...facts,
  path: '/things',
  item: Type.Object({ n: Type.Integer() }),
  list: async () => ({ rows: [{ n: 1 }], count: 5, hasMore: true }),
});
const post = route({
  ...facts,
  method: 'POST',
  path: '/things',
  body: Type.Object({ n: Type.Integer() }),
  status: 204,
  handle: async () => undefined,
});

let probe: Probe;
let port: number;
beforeAll(async () => {
  probe = await createProbe({ routes: [things, post] });
  await probe.app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = probe.app.server.address() as AddressInfo);
});
afterAll(() => probe.close());

async function send(target: string, headers = 'Host: market.example\r\n', version = '1.1') {
  const bytes = `GET ${target} HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`;
  const [answer] = await exchange(port, bytes);
  if (answer === undefined) throw new Error('closed without an answer');
  return { status: answer.status, body: JSON.parse(answer.body) };
}

describe('an absolute address', () => {
  it.each([
    'http://market.example/api/v1/things',
    'HTTP://other.example:8000/api/v1/things?page=1',
    'https://market.example/api/v1/things/',
  ])('%s is served as its path, and its pages are at ours', async (target) => {
    const { status, body } = await send(target);
    expect([status, body.next]).toEqual([
      200,
      expect.stringMatching(/^http:\/\/localhost:8000\/api\/v1\/things\?page=2/),
    ]);
  });

  it('pages by cursor too', async () => {
    expect(await send('http://market.example/api/v2/things')).toMatchObject({ status: 200 });
  });

  it.each([
    ['http://market.example', '/'],
    ['http://market.example?a=1', '/'],
    ['http://market.example/nowhere?a=1', '/nowhere'],
  ])('%s leads to the path %s', async (target, instance) => {
    expect(await send(target)).toMatchObject({ status: 404, body: { instance } });
  });

  it('is refused where what it names is no host, whatever the Host header says', async () => {
    expect((await send('http://maria:secret@market.example/api/v1/things')).status).toBe(400);
    expect((await send('http:///api/v1/things')).status).toBe(400);
  });

  it('of another scheme is refused', async () => {
    expect((await send('ftp://market.example/api/v1/things')).status).toBe(400);
  });
});

describe('a path', () => {
  it.each(['/api/v1/%74hings', '/%61%70%69/v1/%74%68ings', '/api/v1/thing%73/'])(
    '%s has one spelling, also in the addresses of its pages',
    async (target) => {
      const { status, body } = await send(target);
      expect([status, body.next]).toEqual([
        200,
        expect.stringMatching(/^http:\/\/localhost:8000\/api\/v1\/things\?page=2/),
      ]);
    },
  );

  it.each([
    ['/%2Fapi%2fv1/%25%41', '/%2Fapi%2fv1/%25A'],
    ['/a%3Fb%23%2541', '/a%3Fb%23%2541'],
    ['/%7E%2d%2E%5f?a=%41', '/~-._'],
    ['/%40%5B%60%7b%2f%3a', '/%40%5B%60%7b%2f%3a'],
  ])('%s keeps the escapes that it needs: %s', async (target, instance) => {
    expect((await send(target)).body).toMatchObject({ status: 404, instance });
  });
});

describe('a Host header', () => {
  it.each(['market.example', 'market.example:8000', '[::1]:8000', '127.0.0.1', 'api_1:80'])(
    '%s is taken',
    async (host) => {
      expect((await send('/api/v1/things', `Host: ${host}\r\n`)).status).toBe(200);
    },
  );

  it.each(['', 'a b', 'a/b', 'a@b', 'market.example:http', 'a,b', '[::1', 'é', '<script>'])(
    'that is malformed is refused: %j',
    async (host) => {
      const { status, body } = await send('/api/v1/things', `Host: ${host}\r\n`);
      expect([status, body.code]).toEqual([400, 'VALIDATION_ERROR']);
    },
  );

  it('must be there, and there once', async () => {
    expect((await send('/api/v1/things', '')).status).toBe(400);
    expect((await send('/api/v1/things', '', '1.0')).status).toBe(200);
    const twice = await send('/api/v1/things', 'Host: market.example\r\nhOST: market.example\r\n');
    expect([twice.status, twice.body.detail]).toEqual([
      400,
      'Send one Host header, and no second one.',
    ]);
  });
});

describe('a client that hangs up in the middle of its body', () => {
  it('is no error of ours', async () => {
    const arriving = once(probe.app.server, 'request') as Promise<[unknown, ServerResponse]>;
    const socket = await openSocket(port);
    socket.write(
      'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"n"',
    );
    const [, response] = await arriving;
    socket.destroy();
    await vi.waitFor(() => expect(response.statusCode).toBe(400));
    expect(probe.entries).toEqual([]);
  });
});
