// A floor as a process of its own: bare Fastify that answers as its plan says, and does nothing else.
// `node bench/floors/floor-server.ts <plan.json> <port>`
import { readFile } from 'node:fs/promises';
import { verify } from '@node-rs/argon2';
import Fastify from 'fastify';
import pg from 'pg';
import type { Recording } from '../recording/recording.ts';

export type FloorPlan =
  | { readonly kind: 'static'; readonly body: string }
  | {
      readonly kind: 'statements';
      readonly url: string;
      readonly poolSize: number;
      readonly recording: Recording;
    }
  | { readonly kind: 'password'; readonly password: string; readonly hash: string };

/** Makes one answer, as JSON. */
type Answer = () => string | Promise<string>;

const [path = '', port = ''] = process.argv.slice(2);
const plan = JSON.parse(await readFile(path, 'utf8')) as FloorPlan;
const answer = createAnswer(plan);
const app = Fastify();
app.all('*', async (_request, reply) => {
  const body = await answer();
  return reply.type('application/json; charset=utf-8').send(body);
});
await app.listen({ host: '127.0.0.1', port: Number(port) });

function createAnswer(plan: FloorPlan): Answer {
  if (plan.kind === 'static') return () => plan.body;
  if (plan.kind === 'statements') return replay(plan);
  return async () => JSON.stringify({ ok: await verify(plan.hash, plan.password) });
}

/** Sends what the API sent for its n-th recorded request, every statement prepared, and answers with the last rows. */
function replay({ url, poolSize, recording }: Extract<FloorPlan, { kind: 'statements' }>): Answer {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: '-c jit=off -c max_parallel_workers_per_gather=0',
  });
  const { statements, runs } = recording;
  let next = 0;
  return async () => {
    const run = runs[next % runs.length] ?? [];
    next += 1;
    let rows: unknown[] = [];
    for (const [i, text] of statements.entries()) {
      const values = [...(run[i] ?? [])];
      rows = (await pool.query({ name: `statement_${i}`, text, values })).rows;
    }
    return JSON.stringify(rows);
  };
}
