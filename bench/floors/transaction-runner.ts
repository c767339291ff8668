// Makes recorded transactions through the driver, with nothing else, as a process of its own; prints how many it made
// and how long that took. `node bench/floors/transaction-runner.ts <plan.json>`
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { LoadResult } from '../load/load.ts';
import type { TransactionPlan } from './transaction-floor.ts';

const MS_PER_SECOND = 1_000;

const plan = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as TransactionPlan;
const { statements, runs } = plan.recording;
const clients = await Promise.all(Array.from({ length: plan.clients }, open));
const started_ms = performance.now();
let next = 0;
await Promise.all(clients.map(work));
const seconds = (performance.now() - started_ms) / MS_PER_SECOND;
await Promise.all(clients.map((client) => client.end()));
process.stdout.write(JSON.stringify({ requests: runs.length, seconds } satisfies LoadResult));

async function open(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: plan.url });
  await client.connect();
  return client;
}

/** Takes transactions until none is left. */
async function work(client: pg.Client): Promise<void> {
  for (let run = runs[next++]; run !== undefined; run = runs[next++]) {
    for (const [i, text] of statements.entries()) {
      await client.query({ name: `statement_${i}`, text, values: [...(run[i] ?? [])] });
    }
  }
}
