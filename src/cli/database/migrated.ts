// Whether a database is one of this version, for commands that would otherwise fail on a table that is not there.
import type pg from 'pg';
import { withClient } from '../../db/client.ts';
import { pendingMigrations } from '../../db/migrations/migrate.ts';
import { sqlState } from '../../db/transaction.ts';
import { CliError, EXIT } from '../../lib/exit.ts';

/** More names than these help nobody. */
const MAX_NAMED = 3;
/** For a server that is there and slow; one that is not there refuses at once. */
const START_CONNECT_TIMEOUT_MS = 10_000;
/** insufficient_privilege */
const NOT_ALLOWED = '42501';

/**
 * An auditor's role may read nothing but the audit log: what it may not ask is not judged.
 * @throws CliError that names what is pending, and what to run
 */
export async function requireMigrated(client: pg.Client): Promise<void> {
  const pending = await pendingMigrations(
    async (sql) => (await client.query<{ name: string }>(sql)).rows,
  ).catch((error: unknown) => {
    if (sqlState(error) === NOT_ALLOWED) return [];
    throw error;
  });
  if (pending.length === 0) return;
  const others = pending.length - MAX_NAMED;
  const names = pending.slice(0, MAX_NAMED).join(', ');
  throw new CliError(
    `The database lacks ${names}${others > 0 ? ` and ${others} more` : ''}. Run \`freshbytes migrate\` first.`,
    EXIT.unavailable,
  );
}

/**
 * A connection for a short look around. It waits longer than a request would: a process that gives up is started again, and
 * where several start at once on a busy machine that makes all of them slower.
 */
export function lookAt<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const settings = {
    connectionString: url,
    application_name: 'freshbytes-start',
    connectionTimeoutMillis: START_CONNECT_TIMEOUT_MS,
  };
  return withClient(settings, work);
}
