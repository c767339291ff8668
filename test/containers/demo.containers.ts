// The demo on a container engine: the README's tour to its end, by whoever is at this machine and by nobody else.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSteadyLoad } from '../support/network/steady-load.ts';
import { takeTour, tourIn } from '../support/processes/tour.ts';
import { measure, report, seconds } from './report.ts';
import { type Checkout, createCheckout, missing, type Stack } from './stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLIENTS = 4;
const CUSTOMER = { user_email: 'customer@freshbytes.test', password: 'demo-Freshbytes-2026' };

describe.skipIf(missing !== undefined)('the demo', () => {
  let checkout: Checkout;
  let stack: Stack;
  let url: string;

  beforeAll(async () => {
    checkout = await createCheckout();
    stack = checkout.stack(['compose.yaml', 'compose.demo.yaml'], 'demo');
    url = `http://localhost:${checkout.ports.demo}`;
    await checkout.run('ops/compose/make-secrets.sh', 'ops/compose/demo-secrets');
    const seed = ['run', '--build', '--rm', 'migrate', 'seed'];
    report('the demo is built and seeded', await seconds(() => stack.compose(...seed)));
    report('the demo is up', await seconds(() => stack.compose('up', '--detach', '--wait')));
  });
  afterAll(() => checkout?.remove());

  const getJson = async (path: string, token = '') => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}${path}`, { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const send = (method: string, path: string, body?: object, token = '') =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const signIn = async () => {
    const answer = await send('POST', '/auth/login', CUSTOMER);
    return ((await answer.json()) as { access: string }).access;
  };

  it('is a project of its own, published to this machine alone', async () => {
    const files = ['-f', 'compose.yaml', '-f', 'compose.demo.yaml'];
    const config = ['compose', ...files, 'config', '--format', 'json'];
    expect(JSON.parse(await checkout.run('docker', ...config)).name).toBe('freshbytes-demo');
    const filter = `label=com.docker.compose.project=${stack.project}`;
    const ports = await checkout.run('docker', 'ps', '--filter', filter, '--format', '{{.Ports}}');
    const addresses = [...ports.matchAll(/(\S+)->/g)].map(([, address]) => address);
    expect(addresses).toEqual([`127.0.0.1:${checkout.ports.demo}`]);
  });

  it('has pictures of its products', async () => {
    const { results } = (await getJson('/api/v1/products?search=kamatis')) as {
      results: { images: { urls: { small: string } }[] }[];
    };
    const picture = await fetch(results[0]?.images[0]?.urls.small ?? '');
    expect([picture.status, picture.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^image\//),
    ]);
  });

  it('keeps every promise of the tour to its end, while one of the two API processes restarts', async () => {
    const [oldest = ''] = await stack.containers('api');
    const steps = tourIn(await readFile(join(ROOT, 'README.md'), 'utf8'));
    let restarted: Promise<unknown> = Promise.resolve();
    const onUnderWay = () => {
      restarted = checkout.run('docker', 'restart', oldest);
    };
    const { printed, complaints } = await takeTour(steps, { url, onUnderWay });
    expect(complaints).toBe('');
    expect(printed).toEqual(steps);
    await restarted;
  });

  it('shows the mail of the tour at the address that the README names', async () => {
    const recipients = async () => {
      const { results } = (await getJson('/dev/messages')) as { results: { to: string }[] };
      return results.map(({ to }) => to);
    };
    await expect
      .poll(recipients, { timeout: 30_000, interval: 500 })
      .toEqual(expect.arrayContaining(['customer@freshbytes.test', 'seller@freshbytes.test']));
  });

  it.each([
    ['by a name that is not of this machine', { host: 'attacker.example' }],
    ['for a browser of somebody else, whose page leads here', { host: '192.0.2.7:8000' }],
  ])('has no development pages %s', async (_case, { host }) => {
    const code = ['--output', '/dev/null', '--write-out', '%{http_code}'];
    const asked = ['--silent', ...code, '--header', `Host: ${host}`, `${url}/dev/messages`];
    expect(await checkout.run('curl', ...asked)).toBe('404');
  });

  it('loses no write while it is scaled to three API processes and back', async () => {
    const token = await signIn();
    const { results } = (await getJson('/api/v1/products?search=kamatis')) as {
      results: { id: string }[];
    };
    const item = { product_id: results[0]?.id, quantity: '1' };
    await send('DELETE', '/cart', undefined, token);
    let added = 0;
    const load = startSteadyLoad(CLIENTS, async (client, round) => {
      const isWrite = client % 2 === 1;
      const answer = await (isWrite
        ? send('POST', '/cart/items', item, token)
        : send('GET', `/products?search=kamatis&page_size=${1 + (round % 50)}`));
      const body = await answer.text();
      if (isWrite && answer.ok) added += 1;
      return answer.ok ? undefined : `${answer.status} ${body}`;
    });
    const scale = (count: number) =>
      stack.compose('up', '--detach', '--wait', '--no-recreate', '--scale', `api=${count}`);
    const { answered, failed } = await measure(
      'the demo scaled from 2 to 3 to 2',
      load,
      async () => {
        await scale(3);
        await scale(2);
      },
    );
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(await send('GET', '/cart', undefined, token).then((cart) => cart.json())).toMatchObject({
      items: [{ product_id: item.product_id, quantity: `${added}.000` }],
    });
  });

  it('keeps the order of the tour when it is stopped and started, and when it is taken down', async () => {
    const orders = async () => {
      const list = (await getJson('/api/v1/orders', await signIn())) as {
        results: { id: string }[];
      };
      return list.results.map(({ id }) => id);
    };
    const before = await orders();
    expect(before.length).toBeGreaterThan(0);
    await stack.compose('stop');
    await stack.compose('up', '--detach', '--wait');
    expect(await orders()).toEqual(before);
    await stack.compose('down');
    await stack.compose('up', '--detach', '--wait');
    expect(await orders()).toEqual(before);
  });
});
