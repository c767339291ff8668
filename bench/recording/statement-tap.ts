// A tap on the wire between a process and PostgreSQL: passes everything on and counts the statements.
// It sees the process as it is, whatever library it uses, and nothing in the process knows of it.
import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import type { Run } from '../setup/run.ts';
import { createWireReader, type SentStatement } from './wire.ts';

const POSTGRES_PORT = 5432;

export interface StatementTap {
  /** The same database as that of the given URL, through the tap. */
  readonly url: string;
  /** What was sent since the last call. */
  take(): SentStatement[];
}

/** Opens a tap in front of the server of `databaseUrl`. */
export async function openTap(run: Run, databaseUrl: string): Promise<StatementTap> {
  const target = new URL(databaseUrl);
  let sent: SentStatement[] = [];
  const server = createServer((client) => {
    const upstream = connect(addressOf(target));
    const read = createWireReader();
    client.on('data', (piece) => sent.push(...read(piece)));
    client.pipe(upstream).pipe(client);
    // Either side may hang up; the other then does too, and the caller gets the error there.
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  run.stack.defer(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(databaseUrl);
  url.searchParams.delete('host');
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    take: () => {
      const taken = sent;
      sent = [];
      return taken;
    },
  };
}

/** A folder in the `host` parameter is that of a Unix socket. */
function addressOf(url: URL): NetConnectOpts {
  const port = Number(url.port || POSTGRES_PORT);
  const folder = url.searchParams.get('host');
  return folder === null ? { host: url.hostname, port } : { path: `${folder}/.s.PGSQL.${port}` };
}
