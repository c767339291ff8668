// The pool: every connection to PostgreSQL, its type parsers, its limits and its faults.
import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { isCode } from '../lib/errors.ts';
import { createLane, type Lane, LOCK_TIMEOUT_MS } from './lanes.ts';
import type { DB } from './schema.generated.ts';

export type Db = Kysely<DB>;
export type DbTransaction = Transaction<DB>;

/** For making a connection. */
export const CONNECT_TIMEOUT_MS = 2_000;
/** For one's turn at a connection of the pool: a crowd at one product queues here. */
export const POOL_TIMEOUT_MS = 8_000;
export const STATEMENT_TIMEOUT_MS = 10_000;
/** Beyond the statement timeout: it ends the wait for a server that no longer answers at all. */
const QUERY_GRACE_MS = 2_000;
export const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + QUERY_GRACE_MS;
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;
export const IDLE_TIMEOUT_MS = 30_000;

pg.types.setTypeParser(pg.types.builtins.INT8, parseSafeInteger);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a safe integer`);
  return value;
}

export interface DatabaseOptions {
  /** A PostgreSQL URL; a Unix socket folder goes into its `host` parameter. */
  readonly url: string;
  readonly poolSize: number;
  /** Longest wait for one's turn; POOL_TIMEOUT_MS by default. */
  readonly poolTimeout_ms?: number;
  /** Longest run of a statement; STATEMENT_TIMEOUT_MS by default. */
  readonly statementTimeout_ms?: number;
  /** Transactions read only, unless one says otherwise of itself. */
  readonly isReadOnly?: boolean;
  /** Called for connections that broke, idle or not; the pool replaces them by itself. */
  readonly onError: (error: Error) => void;
  /** Called for commits that succeeded without the synchronous standby that they had waited for. */
  readonly onUnreplicated?: () => void;
  /** Called with the text of every statement before it is sent. */
  readonly onStatement?: (sql: string) => void;
}

export interface Database {
  readonly db: Db;
  readonly pool: pg.Pool;
}

/** Of handles that are no transactions. */
const pools = new WeakMap<Db, pg.Pool>();
const lanes = new WeakMap<Db, Lane>();

/** Where the transactions of a pool wait for their turn. */
export function laneOf(db: Db): Lane {
  const lane = lanes.get(db);
  if (lane === undefined) throw new Error('transactions begin at a pool');
  return lane;
}

/** Another handle of the same pool. */
export function shareLane(from: Db, to: Db): Db {
  lanes.set(to, laneOf(from));
  return to;
}

const READ_ONLY = ' -c default_transaction_read_only=on';

/** Opens a pool; nothing connects until the first statement. `db.destroy()` closes it. */
export function openDatabase(options: DatabaseOptions): Database {
  const statementTimeout_ms = options.statementTimeout_ms ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: options.url,
    Client: ImpatientClient,
    max: options.poolSize,
    connectionTimeoutMillis: options.poolTimeout_ms ?? POOL_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: statementTimeout_ms,
    query_timeout: statementTimeout_ms + QUERY_GRACE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    application_name: 'freshbytes',
    // Short statements only: compiling them and starting workers costs more than it saves. What they read lies in memory
    // or on flash, where a jump costs hardly more than the next page; the default of 4 makes the planner read whole tables.
    options: `-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1${options.isReadOnly === true ? READ_ONLY : ''}`,
    keepAlive: true,
  });
  // Each client's own listener has handled it; unhandled here, the event would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    // A checked-out client that breaks fails its statement too, yet emits the event as well.
    client.on('error', (error) => {
      // While the pool closes this is expected.
      if (!pool.ending) options.onError(error);
    });
    client.on('notice', ({ routine }) => {
      if (routine === CANCELLED_WAIT) options.onUnreplicated?.();
    });
    interceptQueries(client, options);
  });
  const db: Db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  pools.set(db, pool);
  lanes.set(db, createLane(options.poolSize));
  return { db, pool };
}

/** Where PostgreSQL warns from whose wait for its standby was cancelled: the words are translated, this is not. */
const CANCELLED_WAIT = 'SyncRepWaitForLSN';

/** The pool would give its own, longer timeout to the client: a dead server need not be waited for as long as a crowd. */
class ImpatientClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  }
}

/** The comment that names a statement to prepare. */
export const NAMED = /^\/\* named:([a-z0-9_]+) \*\//;

/** What Kysely sends. */
const BEGIN = 'begin';
/** In the same round trip: what waits for a lock gives its connection back before others miss it. */
const BEGIN_IMPATIENTLY = `begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}`;

/**
 * Kysely cannot name statements; a leading comment does, and this makes the driver prepare them once a connection.
 * A connection that will not serve again is closed: the pool would give it to the next caller.
 */
function interceptQueries(
  client: pg.PoolClient,
  { onStatement, isReadOnly = false }: DatabaseOptions,
): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const intercepted = (...args: unknown[]): unknown => {
    const [text, values, ...rest] = args;
    if (typeof text !== 'string') return query(...args);
    onStatement?.(text);
    const name = NAMED.exec(text)?.[1];
    const result =
      name === undefined
        ? query(text === BEGIN ? BEGIN_IMPATIENTLY : text, values, ...rest)
        : query({ name, text, values }, ...rest);
    if (result instanceof Promise) {
      result.catch((error: unknown) => (isLast(error, isReadOnly) ? client.end() : undefined));
    }
    return result;
  };
  Object.assign(client, { query: intercepted });
}

/** What a server answers to writes that is, or has become, a replica. */
const READ_ONLY_STATE = '25006';

/**
 * Whether nothing useful follows on this connection: the server ends it, takes no writes though another one may by now,
 * or owes an answer (which has no code).
 */
function isLast(error: unknown, isReadOnly: boolean): boolean {
  if (!(error instanceof Error)) return false;
  if ('severity' in error && error.severity === 'FATAL') return true;
  const isReplica = !isReadOnly && isCode(error, READ_ONLY_STATE);
  return isReplica || error.message === 'Query read timeout';
}

/**
 * Runs hand-written SQL as a prepared statement: planned once per connection, built never.
 * One name belongs to one text.
 */
export async function runNamed<Row>(
  db: Db,
  name: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const text = `/* named:${name} */ ${sql}`;
  const pool = pools.get(db);
  // Outside a transaction straight to the pool: Kysely's way to a connection and back costs more than many a statement.
  const result =
    pool === undefined
      ? await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
      : await pool.query<Row & pg.QueryResultRow>(text, [...parameters]);
  return result.rows;
}
