// The floor of the checkout: the transactions that the API made, made again on a copy of the database from before,
// by pgbench where it is installed, else through the driver.
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { access, constants, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadResult } from '../load/load.ts';
import type { Recording } from '../recording/recording.ts';
import type { Run } from '../setup/run.ts';
import { createParameterTable, fitsPgbench, pgbenchScript } from './pgbench-script.ts';

const RUNNER = fileURLToPath(new URL('./transaction-runner.ts', import.meta.url));
const MAX_OUTPUT_BYTES = 1024 * 1024;
const execute = promisify(execFile);

export interface TransactionFloor {
  /** For people: what makes the transactions. */
  readonly by: string;
  /** Makes up to `count` transactions, each once, on a database that has seen none of them. */
  make(url: string, count: number): Promise<LoadResult>;
}

/** The options of a transaction-runner process. */
export interface TransactionPlan {
  readonly url: string;
  readonly clients: number;
  readonly recording: Recording;
}

export interface TransactionFloorOptions {
  /** The database that those given to `make` will be copies of. */
  readonly templateUrl: string;
  readonly recording: Recording;
  /** Connections. */
  readonly clients: number;
}

/** Of what was recorded, what stands between BEGIN and COMMIT is made again. */
export async function createTransactionFloor(
  run: Run,
  given: TransactionFloorOptions,
): Promise<TransactionFloor> {
  const options = { ...given, recording: transactionOf(given.recording) };
  const pgbench = await findPgbench();
  return pgbench === undefined || !fitsPgbench(options.recording)
    ? createDriverFloor(run, options)
    : createPgbenchFloor(run, pgbench, options);
}

function transactionOf({ statements, runs }: Recording): Recording {
  const begin = statements.findIndex((text) => /^begin\b/i.test(text));
  const end = statements.findIndex((text) => /^commit\b/i.test(text)) + 1;
  if (begin < 0 || end <= begin) throw new Error('no transaction was recorded');
  return {
    statements: statements.slice(begin, end),
    runs: runs.map((run) => run.slice(begin, end)),
  };
}

/** Of the PATH, else the newest of Debian's. */
export async function findPgbench(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const packaged = globSync('/usr/lib/postgresql/*/bin').sort().reverse();
  for (const folder of [...folders, ...packaged]) {
    const path = join(folder, 'pgbench');
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

export async function createPgbenchFloor(
  run: Run,
  pgbench: string,
  { templateUrl, recording, clients }: TransactionFloorOptions,
): Promise<TransactionFloor> {
  await createParameterTable(templateUrl, recording);
  const script = join(run.dir, 'checkout.sql');
  await writeFile(script, pgbenchScript(recording, clients));
  return {
    by: 'pgbench',
    make: async (url, count) => {
      const each = Math.floor(Math.min(count, recording.runs.length) / clients);
      const args = ['-n', '-M', 'prepared', '-f', script, '-D', 'turn=0'];
      args.push('-c', String(clients), '-t', String(each), url);
      const { stdout } = await execute(pgbench, args, { signal: run.signal });
      const per_second = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
      const requests = Number(/actually processed: (\d+)/.exec(stdout)?.[1]);
      if (!(per_second > 0) || requests !== each * clients)
        throw new Error(`pgbench did not make its transactions:\n${stdout}`);
      return { requests, seconds: requests / per_second };
    },
  };
}

export function createDriverFloor(
  run: Run,
  { recording, clients }: TransactionFloorOptions,
): TransactionFloor {
  return {
    by: 'the driver alone',
    make: async (url, count) => {
      const runs = recording.runs.slice(0, count);
      const plan: TransactionPlan = { url, clients, recording: { ...recording, runs } };
      const path = join(run.dir, 'transactions.json');
      await writeFile(path, JSON.stringify(plan));
      const { stdout } = await execute(process.execPath, [RUNNER, path], {
        signal: run.signal,
        maxBuffer: MAX_OUTPUT_BYTES,
      });
      return JSON.parse(stdout) as LoadResult;
    },
  };
}
