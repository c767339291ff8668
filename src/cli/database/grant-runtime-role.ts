// `grant-runtime-role`: lets a role of PostgreSQL run `serve` and `worker`, and nothing beyond that. Migrations keep the
// right up to date from then on.
import { sql } from 'kysely';
import pg from 'pg';
import { openDatabase } from '../../db/database.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { print } from '../output.ts';
import { findMigratedDatabase, readConfig } from '../settings.ts';

/** undefined_object, invalid_grant_operation: the role is not there, or has rights that grants cannot take from it. */
const ABOUT_THE_ROLE: ReadonlySet<string | undefined> = new Set(['42704', '0LP01']);

/** Must run as the owner of the tables. */
export async function grantRuntimeRole(role: string): Promise<ExitCode> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  await grantTo(url, role);
  print(`${role} may run serve and worker`);
  return EXIT.done;
}

/**
 * Must run as the owner of the tables.
 * @param role absent: grants nothing
 * @returns all roles that may run serve and worker, the owner left out
 * @throws CliError where the role is not there, or could rewrite the audit log all the same
 */
export async function grantTo(url: string, role: string | undefined): Promise<string[]> {
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  try {
    if (role !== undefined)
      await sql`SELECT grant_runtime_role(${role})`.execute(db).catch(explain);
    const { rows } = await sql<{ name: string }>`SELECT runtime_roles() AS name`.execute(db);
    return rows.map(({ name }) => name);
  } finally {
    await db.destroy();
  }
}

function explain(error: unknown): never {
  if (!(error instanceof pg.DatabaseError && ABOUT_THE_ROLE.has(error.code))) throw error;
  throw new CliError([`${error.message}.`, error.hint].join(' ').trim());
}
