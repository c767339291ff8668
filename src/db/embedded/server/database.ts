// The database inside the cluster, made on the first connection.

import { Client } from 'pg';
import { isCode, messageOf, recover } from '../../../lib/errors.ts';
import { onlyRow } from '../../rows.ts';
import { waitUntil } from '../wait.ts';
import { SUPERUSER } from './cluster.ts';
import { PORT } from './postmaster.ts';

export const DATABASE = 'freshbytes';

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 30_000;
const RESTART_TIMEOUT_MS = 15_000;
// No socket, nobody behind it, or a server that says that it is ending (57P01, 57P02) or starting (57P03).
const ABSENT_SERVER_CODES = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', '57P01', '57P02', '57P03'];
const UNKNOWN_DATABASE = '3D000';
const DUPLICATE_DATABASE = '42P04';
const UNIQUE_VIOLATION = '23505';

/**
 * Makes sure that the database exists, and answers the server's version, for instance '18.4'. Waits for a
 * server that its watcher is starting again after a crash.
 */
export async function ensureDatabase(socketDir: string): Promise<string> {
  let version: string | undefined;
  let lastError: unknown;
  await waitUntil(async () => {
    try {
      version = await findOrCreate(socketDir);
      return true;
    } catch (error) {
      if (!isStartingAgain(error)) throw error;
      lastError = error;
      return false;
    }
  }, RESTART_TIMEOUT_MS);
  if (version !== undefined) return version;
  throw new Error(`The server took no connection for ${RESTART_TIMEOUT_MS / 1000} s`, {
    cause: lastError,
  });
}

async function findOrCreate(socketDir: string): Promise<string> {
  const version = await readVersion(socketDir).catch(recover(undefined, UNKNOWN_DATABASE));
  if (version !== undefined) return version;
  await createDatabase(socketDir);
  return readVersion(socketDir);
}

function isStartingAgain(error: unknown): boolean {
  return (
    ABSENT_SERVER_CODES.some((code) => isCode(error, code)) ||
    messageOf(error) === 'Connection terminated unexpectedly'
  );
}

function readVersion(socketDir: string): Promise<string> {
  return withClient(socketDir, DATABASE, async (client) => {
    const result = await client.query<{ version: string }>(
      `SELECT split_part(current_setting('server_version'), ' ', 1) AS version`,
    );
    return onlyRow(result).version;
  });
}

function createDatabase(socketDir: string): Promise<void> {
  return withClient(socketDir, 'postgres', async (client) => {
    // Another process may be faster.
    await client
      .query(`CREATE DATABASE ${DATABASE}`)
      .catch(recover(undefined, DUPLICATE_DATABASE, UNIQUE_VIOLATION));
  });
}

async function withClient<T>(
  socketDir: string,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    host: socketDir,
    port: PORT,
    user: SUPERUSER,
    database,
    ssl: false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  // A lost connection also fails the query in flight, which is what the caller gets.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
