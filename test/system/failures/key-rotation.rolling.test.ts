// The same drill with servers in processes of their own, whose secrets stand in files: each deployment restarts one
// after the other, and at no moment does one refuse what another has signed.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { PASSWORD, registration } from '../../../src/modules/users/users.testkit.ts';
import { createActor } from '../../support/actors.ts';
import { stockProduct } from '../../support/market.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';

type Age = 'old' | 'new';
const BEFORE: readonly Age[] = ['old'];
const DEPLOYMENTS: readonly (readonly Age[])[] = [['old', 'new'], ['new', 'old'], ['new']];
const LIST = '/api/v2/products?limit=1';
const PERSON = registration();

const secrets = { old: makeSecrets(), new: makeSecrets() };

function makeSecrets() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    app_secret: randomBytes(48).toString('base64url'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

let bench: ProcessBench;
let folder: string;
let ports: readonly number[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-rotation-'));
  ports = [await findFreePort(), await findFreePort()];
  bench = await createProcessBench();
  const { seller_id } = await createActor(bench.test, { role: 'seller' });
  await stockProduct(bench.test, seller_id);
  await stockProduct(bench.test, seller_id);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true });
});

async function deploy(ages: readonly Age[]): Promise<void> {
  const list = (name: 'app_secret' | 'private_key') => ages.map((age) => secrets[age][name]).join();
  await writeFile(join(folder, 'app_secret'), `${list('app_secret')}\n`);
  await writeFile(join(folder, 'private_keys'), `${list('private_key')}\n`);
}

function startOn(port: number): Promise<ServerProcess> {
  return bench.start({
    PORT: String(port),
    WORKER: 'off',
    APP_SECRET: '',
    APP_SECRET_FILE: join(folder, 'app_secret'),
    JWT_PRIVATE_KEYS: '',
    JWT_PRIVATE_KEYS_FILE: join(folder, 'private_keys'),
  });
}

function post(server: ServerProcess, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return fetch(`${server.url}/api/v1${path}`, init);
}

interface Signed {
  readonly access: string;
  readonly cursor: string;
}

/** What a server signs now. */
async function signedBy(server: ServerProcess): Promise<Signed> {
  const { user_email } = PERSON;
  const signedIn = await post(server, '/auth/login', { user_email, password: PASSWORD });
  const { access } = (await signedIn.json()) as { access: string };
  const page = (await (await fetch(server.url + LIST)).json()) as { next_cursor: string };
  return { access, cursor: page.next_cursor };
}

/** How a server answers both: `[200, 200]` where it takes them. */
async function answersOf(server: ServerProcess, { access, cursor }: Signed): Promise<number[]> {
  const headers = { authorization: `Bearer ${access}` };
  const answers = [
    await fetch(`${server.url}/api/v1/users/me`, { headers }),
    await fetch(`${server.url}${LIST}&cursor=${cursor}`),
  ];
  for (const answer of answers) await answer.arrayBuffer();
  return answers.map(({ status }) => status);
}

it('through every deployment each server takes what every server has signed; in the end the old is refused', async () => {
  await deploy(BEFORE);
  const servers = await Promise.all(ports.map(startOn));
  const [first] = servers;
  if (first === undefined) throw new Error('no server');
  expect((await post(first, '/auth/register', PERSON)).status).toBe(201);
  const oldest = await signedBy(first);

  const expectTakenByAll = async (maker: (typeof servers)[number]) => {
    const signed = await signedBy(maker);
    for (const taker of servers) expect(await answersOf(taker, signed)).toEqual([200, 200]);
  };
  for (const ages of DEPLOYMENTS) {
    await deploy(ages);
    for (const [index, port] of ports.entries()) {
      expect(await servers[index]?.end('SIGTERM')).toBe(0);
      servers[index] = await startOn(port);
      for (const maker of servers) await expectTakenByAll(maker);
      const expected = ages.includes('old') ? [200, 200] : [401, 400];
      expect(await answersOf(servers[index] ?? first, oldest)).toEqual(expected);
    }
  }
}, 120_000);
