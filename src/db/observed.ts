// A pool as one request or job run sees it: every statement that it sends is observed, by that run alone.
import { type DatabaseConnection, Kysely, PostgresDialect } from 'kysely';
import type { StatementObserver } from '../telemetry/traces/tracing.ts';
import { type Db, NAMED, shareLane } from './database.ts';
import type { DB } from './schema.generated.ts';

// Transactions ask these for the words of `begin`, `commit` and `rollback` alone; connections come from the executor.
const dialect = new PostgresDialect({
  pool: () => Promise.reject(new Error('an observed pool opens no connections of its own')),
});
const driver = dialect.createDriver();

/** The same pool and connections as `db`. */
export function observeStatements(db: Db, observe: StatementObserver): Db {
  const inner = db.getExecutor();
  const executor = inner.withConnectionProvider({
    provideConnection: (consumer, options) =>
      inner.provideConnection((connection) => consumer(observed(connection, observe)), options),
  });
  return shareLane(db, new Kysely<DB>({ config: { dialect }, dialect, driver, executor }));
}

/** A proxy and no copy: the driver reaches into its connections by symbols that it keeps to itself. */
function observed(connection: DatabaseConnection, observe: StatementObserver): DatabaseConnection {
  const executeQuery: DatabaseConnection['executeQuery'] = async (query, options) => {
    const end = observe({ sql: query.sql, name: NAMED.exec(query.sql)?.[1] });
    try {
      const result = await connection.executeQuery<never>(query, options);
      end();
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  return new Proxy(connection, {
    get(target, key) {
      if (key === 'executeQuery') return executeQuery;
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
