// One lock for a cluster, held by whoever starts, runs or ends its server. It is a listening socket, so
// that the kernel frees it with the process, however that ends.

import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { recover } from '../../lib/errors.ts';
import { digest } from './files/paths.ts';

const FIRST_DYNAMIC_PORT = 49_152;
const DYNAMIC_PORTS = 16_384;

type LockAddress = { path: string } | { host: string; port: number };

/**
 * The lock's address: an abstract Unix socket, which has no file to be left behind. Only Linux has
 * these; elsewhere a loopback port takes the place, and two clusters may rarely share one.
 * Abstract names belong to a network namespace: containers that share a data folder need one network.
 */
export function lockAddress(clusterDir: string, platform = process.platform): LockAddress {
  const name = digest(clusterDir);
  if (platform === 'linux') return { path: `\0freshbytes-${name}` };
  const port = FIRST_DYNAMIC_PORT + (Number.parseInt(name.slice(0, 8), 16) % DYNAMIC_PORTS);
  return { host: '127.0.0.1', port };
}

/** Takes the lock, to be kept until this process ends; undefined when another process has it. */
export async function takeLock(clusterDir: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen(lockAddress(clusterDir));
  return once(server, 'listening').then(() => server, recover(undefined, 'EADDRINUSE'));
}

/** Whether some process has the lock now. */
export async function isLocked(clusterDir: string): Promise<boolean> {
  const socket = connect(lockAddress(clusterDir));
  try {
    return await once(socket, 'connect').then(() => true, recover(false, 'ECONNREFUSED'));
  } finally {
    socket.destroy();
  }
}
