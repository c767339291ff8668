import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openSocket } from '../../../test/support/network/raw-http.ts';
import { cutSlowClients, type SlowClientLimits } from './slow-clients.ts';

/** More than the kernel takes off the server's hands. */
const LARGE = 'a'.repeat(32 * 1024 * 1024);
const REQUEST = 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n';
const PATIENT: SlowClientLimits = { exchange_ms: 60_000, close_ms: 60_000, checkInterval_ms: 20 };

let app: FastifyInstance;
const sockets: Socket[] = [];

/** What has reached the last hook: the answer is with the client, or on its way. */
let answered: string[];

async function open(limits: Partial<SlowClientLimits>): Promise<() => Promise<Socket>> {
  answered = [];
  app = Fastify();
  cutSlowClients(app, { ...PATIENT, ...limits });
  app.addHook('onSend', async (request) => {
    answered.push(request.url);
  });
  app.get('/large', async () => LARGE);
  app.get('/small', async () => 'small');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return async () => {
    const socket = await openSocket(port);
    socket.on('error', () => socket.destroy());
    sockets.push(socket);
    return socket;
  };
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

describe('a client that reads its answer in drops', () => {
  it('is cut when the exchange has lasted too long, however busy it keeps the connection', async () => {
    const connect = await open({ exchange_ms: 500 });
    const socket = await connect();
    socket.pause();
    socket.write(REQUEST);
    const drops = setInterval(() => socket.read(1_024), 20);
    await vi.waitFor(() => expect(answered).toEqual(['/large']));
    await vi.waitFor(async () => expect(await openConnections()).toBe(0), { timeout: 5_000 });
    clearInterval(drops);
    expect(socket.bytesRead).toBeLessThan(LARGE.length);
  });

  it('does not take others with it, nor their connections', async () => {
    const connect = await open({ exchange_ms: 500 });
    const [slow, other] = [await connect(), await connect()];
    slow.pause();
    slow.write(REQUEST);
    let text = '';
    other.on('data', (chunk) => {
      text += String(chunk);
    });
    const ended = vi.fn();
    other.on('close', ended);
    await vi.waitFor(async () => expect(await openConnections()).toBe(2));
    const asking = setInterval(() => other.write('GET /small HTTP/1.1\r\nHost: x\r\n\r\n'), 50);
    await vi.waitFor(async () => expect(await openConnections()).toBe(1), { timeout: 5_000 });
    clearInterval(asking);
    await vi.waitFor(() => expect(text).toContain('small'));
    expect(ended).not.toHaveBeenCalled();
  });
});

describe('a server that closes', () => {
  it('lets an answer that is on its way arrive', async () => {
    const connect = await open({});
    const socket = await connect();
    let received = 0;
    socket.write(REQUEST);
    await vi.waitFor(() => expect(answered).toEqual(['/large']));
    const closed = app.close();
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    await once(socket, 'close');
    await closed;
    expect(received).toBeGreaterThan(LARGE.length);
  });

  it('waits for who is slow, but not for ever', async () => {
    const connect = await open({ close_ms: 300 });
    const socket = await connect();
    socket.pause();
    socket.write(REQUEST);
    await vi.waitFor(() => expect(answered).toEqual(['/large']));
    const began_at = performance.now();
    await app.close();
    expect(performance.now() - began_at).toBeGreaterThan(250);
    expect(performance.now() - began_at).toBeLessThan(5_000);
  });
});

function openConnections(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  app.server.getConnections((_error, count) => resolve(count));
  return promise;
}
