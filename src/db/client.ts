// One connection outside of the pools: for work that is short and rare, or longer than requests may take.
import pg from 'pg';
import { CONNECT_TIMEOUT_MS } from './database.ts';

/** The caller ends it. @throws Error where nobody answers within CONNECT_TIMEOUT_MS, unless `settings` say otherwise */
export async function connectClient(settings: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...settings });
  // A lost connection also fails the query in flight, which is what the caller gets.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** @param target an address, or all settings. @throws what `work` throws, and as connectClient */
export async function withClient<T>(
  target: string | pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const settings = typeof target === 'string' ? { connectionString: target } : target;
  const client = await connectClient(settings);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
