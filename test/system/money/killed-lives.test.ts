// Random orders against a server that is killed in the middle of requests. Whoever was not answered sends the same again.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, openApiMarket } from '../../lives/api-market.ts';
import { liveByApi } from '../../lives/live-by-api.ts';
import { type Random, randomFrom } from '../../lives/random.ts';
import { type Call, WIDE_LIMITS } from '../../support/app.ts';
import { checkAllInvariants } from '../../support/invariants.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';

const LIVES = 8;
const SEED = Number(process.env['LIVES_SEED'] ?? 1);
/** The jobs are this process's, so that they come when the model has them come. */
const SERVER = { ...WIDE_LIMITS, WORKER: 'off' };

let bench: ProcessBench;
let server: ServerProcess;
let random: Random;
let kills = 0;

beforeAll(async () => {
  bench = await createProcessBench();
  server = await bench.start(SERVER);
  random = randomFrom(SEED);
});
afterAll(() => bench.close());

async function ask({ method = 'GET', path, token, body, headers }: Call) {
  const answer = await fetch(`${server.url}${path.startsWith('/dev') ? '' : '/api/v1'}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return { statusCode: answer.status, body: await answer.text() };
}

/** The server dies within some milliseconds of one request in twenty. */
async function send(request: Call): Promise<Answer> {
  const isRepeated = random.oneIn(20);
  if (isRepeated) {
    kills += 1;
    const lost = ask(request).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random.between(0, 25)));
    await server.end('SIGKILL');
    await lost;
    server = await bench.start(SERVER);
  }
  const answer = await ask(request);
  if (answer.statusCode >= 500) throw new Error(`${request.path}: ${answer.body}`);
  return { ...answer, isRepeated };
}

it('a server that is killed leaves everybody what the model says', {
  timeout: 600_000,
}, async () => {
  const { test } = bench;
  const market = await openApiMarket(test, random, send);
  const name = `LIVES_SEED=${SEED}`;
  await liveByApi({ test, market, random, lives: LIVES, waits: [0], name });
  expect(kills).toBeGreaterThan(1);
  expect(await checkAllInvariants(test.databaseUrl, test.clock.now())).toEqual([]);
});
