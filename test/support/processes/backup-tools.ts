// Whether PostgreSQL's own programs and pgBackRest are at hand, as Debian installs them.
import { spawnSync } from 'node:child_process';
import { findProgram } from '../../../src/backup/programs.ts';

const PROGRAMS = [
  'pgbackrest',
  findProgram('initdb', undefined),
  findProgram('pg_dump', undefined),
];
const isInstalled = PROGRAMS.every((name) => spawnSync(name, ['--version']).error === undefined);

/** Tests of backups are skipped without them, unless it is said that they must run. */
export const hasPgbackrest = isInstalled || process.env['REQUIRE_PGBACKREST'] === '1';

const isAgeInstalled = spawnSync('age', ['--version']).error === undefined;

/** Tests against the program age are skipped without it, unless it is said that they must run. */
export const hasAge = isAgeInstalled || process.env['REQUIRE_AGE'] === '1';
