// A wire between a client and its server that tests cut, stall and restore, as networks do.
import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Socket,
} from 'node:net';
import pg from 'pg';

export interface Wire {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection, old and new, and lets nothing through. */
  swallow(): void;
  /** Lets new connections through; those that were swallowed stay dead. */
  restore(): void;
  close(): Promise<void>;
}

type State = 'open' | 'cut' | 'swallowing';

/** Listens on a free port of 127.0.0.1 for what is meant for `target`. */
export async function createWire(target: NetConnectOpts): Promise<Wire> {
  const sockets = new Set<Socket>();
  let state: State = 'open';

  const hold = (socket: Socket): Socket => {
    sockets.add(socket);
    // Each side may break first; the other learns of it here.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((inner) => {
    hold(inner);
    if (state === 'cut') return inner.destroy();
    if (state === 'swallowing') return inner.pause();
    const outer = hold(connect(target));
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
    inner.pipe(outer).pipe(inner);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    swallow: () => {
      state = 'swallowing';
      for (const socket of sockets) socket.unpipe().pause();
    },
    restore: () => {
      state = 'open';
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A wire to a database, and the URL that leads through it. */
export async function createDatabaseWire(url: string): Promise<Wire & { readonly url: string }> {
  const { host, port, user, password, database } = new pg.Client({ connectionString: url });
  const socket = `${host}/.s.PGSQL.${port}`;
  const wire = await createWire(host.startsWith('/') ? { path: socket } : { host, port });
  const through = new URL(`postgres://127.0.0.1:${wire.port}/${database ?? ''}`);
  through.username = user ?? '';
  through.password = password ?? '';
  return { ...wire, url: through.href };
}
