// What a process does about its database before it works on it: in development everything, in production nothing.
import pg from 'pg';
import type { Config } from '../config.ts';
import { CONNECT_TIMEOUT_MS } from '../db/database.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { prepareDatabase } from '../prepare.ts';
import { DEMO_EMAILS } from './demo.ts';
import { CliError, EXIT } from './exit.ts';
import { say } from './output.ts';
import type { DatabasePlace } from './settings.ts';

/**
 * In development: migrates, and fills an embedded database that is empty with the demo data.
 * @throws CliError in production, where migrating is a step of the deployment, if it was left out
 */
export async function bringUpToDate(config: Config, database: DatabasePlace): Promise<void> {
  if (config.isProduction) return requireFitForProduction(database.url);
  const applied = await prepareDatabase(database.url);
  if (applied.length > 0) say(`Applied ${applied.length} migrations`);
  if (database.embedded === undefined || !config.isDevelopment) return;
  const { plantDemoData } = await import('./seed.ts');
  await plantDemoData(database.url);
}

async function requireFitForProduction(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const pending = await pendingMigrations(
      async (sql) => (await client.query<{ name: string }>(sql)).rows,
    );
    if (pending.length > 0) {
      const names = pending.join(', ');
      throw new CliError(
        `The database lacks ${names}. Run \`freshbytes migrate\` before this version starts.`,
        EXIT.unavailable,
      );
    }
    const { rows } = await client.query<{ user_email: string }>(
      'SELECT user_email FROM users WHERE lower(user_email) = ANY ($1) AND is_active',
      [DEMO_EMAILS],
    );
    if (rows.length > 0) {
      const emails = rows.map(({ user_email }) => user_email).join(', ');
      throw new CliError(
        `The database holds demo users, whose password everybody knows: ${emails}.`,
        EXIT.usage,
      );
    }
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'freshbytes-start',
  });
  // A lost connection also fails the query in flight, which is what the caller hears.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
