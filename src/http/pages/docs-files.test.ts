import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSocket } from '../../../test/support/network/raw-http.ts';
import { docsFile, sendDocsFile } from './docs-files.ts';

const BYTES = 5 * 1024 * 1024;
const READERS = 50;
/** Far below a copy of the file for each reader, which would be 250 MiB. */
const MAX_GROWTH_BYTES = 60 * 1024 * 1024;

let app: FastifyInstance;
const sockets: Socket[] = [];

beforeAll(async () => {
  app = Fastify();
  const file = docsFile('text/javascript', async () => Buffer.alloc(BYTES, 'a'));
  app.get('/large.js', (request, reply) => sendDocsFile(request, reply, file));
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await app.close();
});

it('fifty readers who take their time share one buffer and cost no unpacking', async () => {
  // Made once, before anything is measured.
  expect((await app.inject('/large.js')).rawPayload.length).toBe(BYTES);
  const { port } = app.server.address() as AddressInfo;
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  for (let i = 0; i < READERS; i += 1) {
    const socket = await openSocket(port);
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.write('GET /large.js HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
  }
  const after = process.memoryUsage();
  const { user, system } = process.cpuUsage(cpu);
  const held = (usage: NodeJS.MemoryUsage) => usage.arrayBuffers + usage.external;
  expect(held(after) - held(before)).toBeLessThan(MAX_GROWTH_BYTES);
  // Unpacking five megabytes fifty times takes several times as long.
  expect((user + system) / 1_000).toBeLessThan(2_000);
});
