// Redis for tests: TEST_REDIS_URL, else a redis-server of our own; either way behind a wire that tests can cut.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createWire, type Wire } from '../network/wire.ts';

const BINARY = 'redis-server';
const given = process.env['TEST_REDIS_URL'];
const isInstalled = spawnSync(BINARY, ['--version']).status === 0;

/** Tests that need Redis are skipped without one, unless it is said that they must run. */
export const hasRedis = given !== undefined || isInstalled || process.env['REQUIRE_REDIS'] === '1';

export interface TestRedis extends Wire {
  readonly url: string;
}

export async function createTestRedis(): Promise<TestRedis> {
  const server =
    given === undefined ? await startServer() : { target: addressOf(given), stop: async () => {} };
  const wire = await createWire(server.target);
  return {
    ...wire,
    url: `redis://127.0.0.1:${wire.port}${given === undefined ? '' : new URL(given).pathname}`,
    close: async () => {
      await wire.close();
      await server.stop();
    },
  };
}

function addressOf(url: string): NetConnectOpts {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 6379) };
}

async function startServer(): Promise<{ target: NetConnectOpts; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-redis-'));
  const path = join(folder, 'redis.sock');
  const settings = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder];
  const server = spawn(BINARY, settings, { stdio: 'ignore' });
  await vi.waitFor(() => canConnect(path), { timeout: 5_000 });
  return {
    target: { path },
    stop: async () => {
      server.kill();
      await once(server, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

async function canConnect(path: string): Promise<void> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.destroy();
}
