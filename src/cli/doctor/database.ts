// Checks of PostgreSQL: version, text, extensions, migrations, clock, queues and rights.
import type pg from 'pg';
import type { Config } from '../../config.ts';
import { withClient } from '../../db/client.ts';
import { openDatabase, STATEMENT_TIMEOUT_MS } from '../../db/database.ts';
import type { EmbeddedServer } from '../../db/embedded/embedded.ts';
import { OLDEST_POSTGRES, pendingMigrations } from '../../db/migrations/migrate.ts';
import { onlyRow } from '../../db/rows.ts';
import { jobDepths } from '../../jobs/queues/depths.ts';
import type { DatabasePlace } from '../settings.ts';
import type { Finding } from './finding.ts';

const EXTENSIONS = ['pg_trgm', 'unaccent'];
/** Codes, tokens and reservations live by the application's clock, jobs by the database's. */
const MAX_CLOCK_SKEW_S = 5;

export interface ServerFacts {
  readonly version: string;
  readonly number: number;
  readonly encoding: string;
  readonly lowers: boolean;
  readonly skew_s: number;
  readonly missing: readonly string[];
}

/** @throws Error where it does not answer */
export function checkDatabase(
  place: DatabasePlace,
  { isProduction }: Pick<Config, 'isProduction'>,
): Promise<Finding[]> {
  const connection = { connectionString: place.url, query_timeout: STATEMENT_TIMEOUT_MS };
  return withClient(connection, async (client) => {
    const facts = await readFacts(client);
    const pending = await pendingMigrations(
      async (sql) => (await client.query<{ name: string }>(sql)).rows,
    );
    const findings = [...judgeServer(facts, place.embedded), migrationsFinding(pending)];
    if (pending.length > 0) return findings;
    return [...findings, await checkQueues(place.url), await checkRole(client, isProduction)];
  });
}

function readFacts(client: pg.Client): Promise<ServerFacts> {
  return readRow<ServerFacts>(
    client,
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS number,
      current_setting('server_encoding') AS encoding, lower('Ñ') = 'ñ' AS lowers,
      extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS skew_s,
      ARRAY(SELECT name FROM unnest($2::text[]) AS name WHERE name NOT IN (SELECT name FROM pg_available_extensions)) AS missing`,
    [new Date(), EXTENSIONS],
  );
}

async function readRow<Row extends object>(
  client: pg.Client,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row> {
  return onlyRow(await client.query<Row>(sql, [...parameters]));
}

/** What its facts mean for us. */
export function judgeServer(
  facts: ServerFacts,
  embedded: Pick<EmbeddedServer, 'dataDir'> | undefined,
): Finding[] {
  const where = embedded === undefined ? 'of DATABASE_URL' : `embedded, in ${embedded.dataDir}`;
  const isOld = facts.number < OLDEST_POSTGRES;
  const isUnicode = facts.encoding === 'UTF8' && facts.lowers;
  const isOff = Math.abs(facts.skew_s) > MAX_CLOCK_SKEW_S;
  return [
    {
      level: isOld ? 'fail' : 'ok',
      subject: 'database',
      text: `PostgreSQL ${facts.version}, ${where}${isOld ? ': 15 or newer is needed' : ''}`,
    },
    {
      level: isUnicode ? 'ok' : 'fail',
      subject: 'text',
      text: isUnicode
        ? 'UTF-8'
        : `${facts.encoding}, lower('Ñ') fails: create it with UTF8 and a locale that knows letters`,
    },
    {
      level: facts.missing.length === 0 ? 'ok' : 'fail',
      subject: 'extensions',
      text:
        facts.missing.length === 0 ? EXTENSIONS.join(', ') : `missing: ${facts.missing.join(', ')}`,
    },
    {
      level: isOff ? 'warn' : 'ok',
      subject: 'clock',
      text: isOff
        ? `the database is ${facts.skew_s.toFixed(0)} s off this machine`
        : 'in step with the database',
    },
  ];
}

function migrationsFinding(pending: readonly string[]): Finding {
  if (pending.length === 0) return { level: 'ok', subject: 'migrations', text: 'all applied' };
  return {
    level: 'warn',
    subject: 'migrations',
    text: `pending: ${pending.join(', ')}; run \`freshbytes migrate\``,
  };
}

/** The role that serves must not be able to change the audit log. */
async function checkRole(client: pg.Client, isProduction: boolean): Promise<Finding> {
  const { role, may_rewrite } = await readRow<{ role: string; may_rewrite: boolean }>(
    client,
    'SELECT current_user AS role, may_rewrite_audit(current_user) AS may_rewrite',
  );
  if (!may_rewrite)
    return { level: 'ok', subject: 'role', text: `${role} may not rewrite the audit log` };
  return {
    level: isProduction ? 'fail' : 'ok',
    subject: 'role',
    text: `${role} may rewrite the audit log; in production run as one that \`freshbytes grant-runtime-role\` set up`,
  };
}

async function checkQueues(url: string): Promise<Finding> {
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  try {
    const depths = await jobDepths(db);
    const count = (state: 'waiting' | 'dead') =>
      depths.reduce((sum, depth) => sum + depth[state], 0);
    const text = `${depths.length} queues, ${count('waiting')} jobs waiting, ${count('dead')} dead`;
    return { level: count('dead') > 0 ? 'warn' : 'ok', subject: 'jobs', text };
  } finally {
    await db.destroy();
  }
}
