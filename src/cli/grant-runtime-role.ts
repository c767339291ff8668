// `grant-runtime-role`: lets a role of PostgreSQL run `serve` and `worker`, and nothing beyond that.
import { sql } from 'kysely';
import pg from 'pg';
import { openDatabase } from '../db/database.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { print } from './output.ts';
import { findMigratedDatabase, readConfig } from './settings.ts';

/** undefined_object, invalid_grant_operation: the role is not there, or has rights that grants cannot take from it. */
const ABOUT_THE_ROLE: ReadonlySet<string | undefined> = new Set(['42704', '0LP01']);

/** Must run as the owner of the tables. */
export async function grantRuntimeRole(role: string): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  stack.defer(() => db.destroy());
  await sql`SELECT grant_runtime_role(${role})`.execute(db).catch(explain);
  print(`${role} may run serve and worker`);
  return EXIT.done;
}

function explain(error: unknown): never {
  if (!(error instanceof pg.DatabaseError && ABOUT_THE_ROLE.has(error.code))) throw error;
  throw new CliError([`${error.message}.`, error.hint].join(' ').trim());
}
