// A PostgreSQL of its own for the run, durable as in production, and databases on it.
import { join } from 'node:path';
import { withClient } from '../../src/db/client.ts';
import { startEmbedded } from '../../src/db/embedded/embedded.ts';
import { printProgress, type Run } from './run.ts';

export interface Databases {
  urlOf(name: string): string;
  /** Makes a database; as a copy of `template`, to which nobody may be connected. */
  create(name: string, template?: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** Writes everything to disk now, so that this work falls into nobody's measurement. */
  settle(): Promise<void>;
}

export async function startDatabases(run: Run): Promise<Databases> {
  const starting = startEmbedded({ dataDir: join(run.dir, 'data'), log: printProgress });
  // Before it has started: broken off meanwhile, the run must still end it.
  run.stack.defer(() =>
    starting.then(
      (server) => server.stop(),
      () => undefined,
    ),
  );
  const server = await starting;
  const execute = (statement: string) =>
    withClient(server.url, (client) => client.query(statement));
  return {
    urlOf: (name) => server.url.replace(`/${server.database}?`, `/${name}?`),
    create: async (name, template = 'template1') => {
      await execute(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
    },
    drop: async (name) => {
      await execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
    settle: async () => {
      await execute('CHECKPOINT');
    },
  };
}
