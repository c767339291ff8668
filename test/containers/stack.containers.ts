// The default stack on a container engine, from its build to an update under load.
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSteadyLoad } from '../support/network/steady-load.ts';
import { measure, report, seconds } from './report.ts';
import { type Checkout, createCheckout, missing, type Stack } from './stack.ts';

const SETTINGS = {
  MAIL_FROM: 'Gulayan <no-reply@gulayan.ph>',
  // What one client of these tests asks is more than a person would.
  RATE_LIMIT_ANONYMOUS: '1000000/minute',
  RATE_LIMIT_SEARCH_ADDRESS: '1000000/minute',
  COMMISSION_BPS: '700',
  AUDIT_SEAL_SECRETS_FILE: '/run/secrets/more/audit_seal',
};
const CLIENTS = 8;
const PATHS = ['/api/v1/categories', '/api/v1/products?search=kamatis', '/health/live'];
const MAX_CONNECTIONS = { api: 11, worker: 15 };
const SCALE_MAX = 10;
const STARTED = { timeout: 60_000, interval: 1_000 };

if (missing !== undefined) {
  console.log(
    `No stack can be started: ${missing}. test/system/deployment/compose.test.ts, test/system/deployment/image.test.ts and test/system/deployment/topology.test.ts stand in.`,
  );
  if (process.env['REQUIRE_CONTAINERS'] === '1') throw new Error(missing);
}

describe.skipIf(missing !== undefined)('the stack of compose.yaml', () => {
  let checkout: Checkout;
  let stack: Stack;
  let agent: Agent;

  beforeAll(async () => {
    checkout = await createCheckout();
    stack = checkout.stack(['compose.yaml'], 'stack');
    await checkout.run('ops/compose/make-secrets.sh');
    setSettings(SETTINGS);
    const more = join(checkout.folder, 'ops/compose/secrets/more');
    writeFileSync(join(more, 'audit_seal'), `${'seal-of-these-containers-'.repeat(2)}0123456789`);
    const certificate = join(checkout.folder, 'ops/compose/secrets/certificate.pem');
    agent = new Agent({ keepAlive: true, ca: await readFile(certificate) });
    report('built', await seconds(() => stack.compose('build', 'api')));
    report('up and healthy', await seconds(() => stack.compose('up', '--detach', '--wait')));
  });
  afterAll(async () => {
    agent?.destroy();
    await checkout?.remove();
  });

  const setSettings = (settings: Readonly<Record<string, string>>) =>
    writeFileSync(
      join(checkout.folder, '.env'),
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
  const ask = (path: string, options: RequestOptions = {}) =>
    answerTo(`https://localhost:${checkout.ports.https}${path}`, { agent, ...options });
  const startLoad = () =>
    startSteadyLoad(CLIENTS, async (client, round) => {
      const { status, body } = await ask(PATHS[(client + round) % PATHS.length] ?? '/');
      return status === 200 ? undefined : `${status} ${body}`;
    });
  const underLoad = (what: string, change: () => Promise<unknown>) =>
    measure(what, startLoad(), change);
  const sql = (statement: string) =>
    stack.compose(
      'exec',
      '-T',
      'postgres',
      'psql',
      '-U',
      'postgres',
      '-Atc',
      statement,
      'freshbytes',
    );

  it('is built as an image that says what it is and where it comes from', async () => {
    const [image] = JSON.parse(await checkout.run('docker', 'image', 'inspect', checkout.image));
    report(`image of ${Math.round(image.Size / 1e6)} MB`);
    expect(image.Config).toMatchObject({ User: '1000:1000', StopSignal: 'SIGTERM' });
    expect(image.Config.Labels).toMatchObject({
      'org.opencontainers.image.source': expect.stringMatching(/^https:/),
      'org.opencontainers.image.base.name': expect.stringMatching(/^node:\d+\.\d+\.\d+-/),
    });
  });

  it('is healthy in every part', async () => {
    const lines = (await stack.compose('ps', '--format', 'json')).trim().split('\n');
    const states = lines.map((line) => JSON.parse(line) as { Service: string; Health: string });
    expect(states.filter(({ Health }) => Health !== 'healthy')).toEqual([]);
    expect(states.map(({ Service }) => Service).toSorted()).toEqual([
      ...['api', 'api', 'mail', 'postgres', 'proxy', 'valkey', 'worker'],
    ]);
    const token = await readFile(
      join(checkout.folder, 'ops/compose/secrets/metrics_token'),
      'utf8',
    );
    const headers = { authorization: `Bearer ${token.trim()}` };
    // Ready is earlier than healthy: the first jobs may not have run yet.
    await expect
      .poll(async () => JSON.parse((await ask('/health', { headers })).body), STARTED)
      .toMatchObject({ status: 'healthy' });
  });

  it('publishes the proxy on IPv4, the mail on this machine, and nothing else', async () => {
    const published = await checkout.run(
      'docker',
      'ps',
      '--filter',
      `label=com.docker.compose.project=${stack.project}`,
      '--format',
      '{{.Ports}}',
    );
    const addresses = [...published.matchAll(/(\S+):(\d+)->/g)].map(
      ([, host, port]) => `${host}:${port}`,
    );
    const { http, https, mail } = checkout.ports;
    expect(addresses.toSorted()).toEqual([
      ...[`0.0.0.0:${http}`, `0.0.0.0:${https}`, `127.0.0.1:${mail}`].toSorted(),
    ]);
  });

  it('refuses the API without TLS', async () => {
    const answer = await fetch(`http://localhost:${checkout.ports.http}/api/v1/categories`);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'HTTPS_REQUIRED' });
  });

  it('takes settings from .env and secrets from files', async () => {
    const shown = await stack.compose('run', '--rm', '--no-deps', 'api', 'config', 'check');
    expect(shown).toMatch(/^COMMISSION_BPS +700 +environment$/m);
    expect(shown).toMatch(/^MAIL_FROM +Gulayan <no-reply@gulayan\.ph> +environment$/m);
    expect(shown).toMatch(/^SMS_PROVIDER +none +environment$/m);
    expect(shown).toMatch(/^AUDIT_SEAL_SECRETS +\(set\) +file \/run\/secrets\/more\/audit_seal$/m);
    expect(shown).toMatch(/^APP_SECRET +\(set\) +file \/run\/secrets\/app_secret$/m);
  });

  it('loses no request while one API process restarts', async () => {
    const [oldest = ''] = await stack.containers('api');
    const { answered, failed } = await underLoad('one API process restarted', async () => {
      await checkout.run('docker', 'restart', oldest);
      await stack.compose('up', '--detach', '--wait', '--no-recreate');
    });
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });

  it('loses no request while it is scaled to three API processes and back to two', async () => {
    const scale = (count: number) =>
      stack.compose('up', '--detach', '--wait', '--no-recreate', '--scale', `api=${count}`);
    const { answered, failed } = await underLoad('scaled from 2 to 3 to 2', async () => {
      await scale(3);
      await scale(2);
    });
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(await stack.containers('api')).toHaveLength(2);
  });

  it('loses no request while every process is replaced by ops/compose/update.sh', async () => {
    const before = await stack.containers('api');
    // As a new version is: another image.
    writeFileSync(join(checkout.folder, 'src/updated.ts'), '// Nothing.\n');
    const { answered, failed } = await underLoad('every process replaced', () =>
      checkout.run('env', `COMPOSE_PROJECT_NAME=${stack.project}`, 'ops/compose/update.sh'),
    );
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    const after = await stack.containers('api');
    expect(after).toHaveLength(before.length);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });

  it('tells what `docker compose restart api` costs, which takes all processes at once', async () => {
    const { failed } = await underLoad('docker compose restart api', async () => {
      await stack.compose('restart', 'api');
      await stack.compose('up', '--detach', '--wait', '--no-recreate');
    });
    report(
      `of these, by answer: ${JSON.stringify(count(failed.map((fault) => fault.slice(0, 3))))}`,
    );
    // Refused by the proxy, which says so: no connection breaks.
    expect(failed.filter((fault) => !fault.startsWith('503'))).toEqual([]);
  });

  it(`has connections for ${SCALE_MAX} API processes`, async () => {
    const up = ['up', '--detach', '--wait', '--no-recreate', '--scale'];
    let connections = '';
    const { failed } = await underLoad(`scaled to ${SCALE_MAX}`, async () => {
      await stack.compose(...up, `api=${SCALE_MAX}`);
      connections = await sql(
        "SELECT count(*) || ' of ' || current_setting('max_connections') FROM pg_stat_activity WHERE datname = 'freshbytes'",
      );
      const perProcess = await sql(
        "SELECT max(held) FROM (SELECT count(*) AS held FROM pg_stat_activity WHERE datname = 'freshbytes' AND client_addr IS NOT NULL GROUP BY client_addr) AS each_process",
      );
      expect(Number(perProcess)).toBeLessThanOrEqual(MAX_CONNECTIONS.worker);
    });
    report(`${connections.trim()} connections`);
    expect(failed).toEqual([]);
    const log = await stack.compose('logs', 'postgres');
    expect(log).not.toMatch(/too many clients|remaining connection slots/);
    await stack.compose(...up, 'api=2');
  });

  it('keeps its data when it is taken down and started again', async () => {
    const before = await sql('SELECT min(applied_at) FROM schema_migrations');
    await stack.compose('down');
    report('up again', await seconds(() => stack.compose('up', '--detach', '--wait')));
    expect(await sql('SELECT min(applied_at) FROM schema_migrations')).toBe(before);
  });

  it('says in `docker compose up` why it does not start', async () => {
    setSettings({ ...SETTINGS, COMMISSION_BPS: 'a tenth' });
    const attached = await stack.tryCompose('up');
    expect(attached.exitCode).not.toBe(0);
    expect(attached.output).toContain('COMMISSION_BPS must be integer');
    const detached = await stack.tryCompose('up', '--detach', '--wait');
    expect(detached.exitCode).not.toBe(0);
    expect(detached.output).toContain('migrate');
    expect(await stack.compose('logs', '--no-log-prefix', 'migrate')).toContain(
      'COMMISSION_BPS must be integer',
    );
    setSettings(SETTINGS);
  });
});

async function answerTo(url: string, options: RequestOptions) {
  const asked = request(url, options);
  const answer = Promise.withResolvers<{ status: number | undefined; body: string }>();
  asked.on('error', answer.reject).on('response', (response) => {
    text(response).then(
      (body) => answer.resolve({ status: response.statusCode, body }),
      answer.reject,
    );
  });
  asked.end();
  return answer.promise;
}

function count(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(Object.groupBy(words, (word) => word)).map(([word, all = []]) => [
      word,
      all.length,
    ]),
  );
}
