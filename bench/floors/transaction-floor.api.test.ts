import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { withClient } from '../../src/db/client.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import type { Recording } from '../recording/recording.ts';
import { openRun, type Run } from '../setup/run.ts';
import {
  createDriverFloor,
  createPgbenchFloor,
  createTransactionFloor,
  findPgbench,
  type TransactionFloor,
} from './transaction-floor.ts';

const CLIENTS = 4;
const RUNS = 24;
const QUOTED = `{"name": "O'Neil: \\"Gulay\\" $1"}`;
const pgbench = await findPgbench();
const stack = new AsyncDisposableStack();
let database: TestDatabase;
let run: Run;
let recording: Recording;

beforeAll(async () => {
  run = await openRun(stack, new AbortController().signal);
});
afterAll(() => stack.disposeAsync());

beforeEach(async () => {
  database = await createTestDatabase();
  stack.defer(() => database.drop());
  await withClient(database.url, (client) =>
    client.query('CREATE TABLE messages (id uuid PRIMARY KEY, said jsonb NOT NULL)'),
  );
  recording = {
    statements: [
      'begin',
      '/* named:say */ INSERT INTO messages VALUES ($1::uuid, $2::jsonb)',
      'commit',
    ],
    runs: Array.from({ length: RUNS }, () => [[], [randomUUID(), QUOTED], []]),
  };
});

async function expectEachOnce(floor: TransactionFloor): Promise<void> {
  const made = await floor.make(database.url, RUNS);
  expect(made.requests).toBe(RUNS);
  expect(made.seconds).toBeGreaterThan(0);
  const { rows } = await withClient(database.url, (client) =>
    client.query('SELECT id, said FROM messages'),
  );
  const ids = recording.runs.map((parameters) => parameters[1]?.[0]);
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(rows[0].said).toEqual(JSON.parse(QUOTED));
}

it('the driver makes each recorded transaction once', async () => {
  const options = { templateUrl: database.url, recording, clients: CLIENTS };
  await expectEachOnce(createDriverFloor(run, options));
});

it.skipIf(pgbench === undefined)('pgbench makes each recorded transaction once', async () => {
  const options = { templateUrl: database.url, recording, clients: CLIENTS };
  await expectEachOnce(await createPgbenchFloor(run, pgbench ?? '', options));
});

it('what was sent outside the transaction is not made again', async () => {
  const around = {
    statements: ['SELECT broken', ...recording.statements],
    runs: recording.runs.map((parameters) => [[null], ...parameters]),
  };
  const options = { templateUrl: database.url, recording: around, clients: CLIENTS };
  await expectEachOnce(await createTransactionFloor(run, options));
});

it('fewer than were recorded may be requested', async () => {
  const options = { templateUrl: database.url, recording, clients: CLIENTS };
  const floor = createDriverFloor(run, options);
  expect(await floor.make(database.url, CLIENTS)).toMatchObject({ requests: CLIENTS });
});
