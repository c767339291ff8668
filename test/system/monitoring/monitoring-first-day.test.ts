// The monitoring as it is shipped, before anybody is configured to be notified: it runs, shows everything, probes nobody's site and
// wakes nobody. Once that was said, it does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { findFreePort } from '../../../scripts/free-port.ts';
import { MONITORING_SETTINGS } from '../../../src/config/monitoring.ts';
import { runCli } from '../../support/processes/cli.ts';
import {
  hasAlertmanager,
  hasPrometheus,
  startAlertmanager,
  startPrometheus,
} from '../../support/servers/prometheus.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SHIPPED = join(ROOT, 'ops/monitoring');
const TEST_TIMEOUT_MS = 60_000;
const FILLED = {
  MONITORING_SITE_URL: 'https://freshbytes.ph/health/ready',
  MONITORING_PAGER_URL: 'https://pager.freshbytes.ph/v1/alerts',
  MONITORING_HEARTBEAT_URL: 'https://heartbeat.freshbytes.ph/market',
  MONITORING_MAIL_SERVER: 'mail.freshbytes.ph:587',
  MONITORING_MAIL_FROM: 'alerts@freshbytes.ph',
  MONITORING_MAIL_TO: 'operations@freshbytes.ph',
};

const shipped = (path: string) => readFileSync(join(SHIPPED, path), 'utf8');

describe('the files as they are shipped', () => {
  it.each(['prometheus.yml', 'alertmanager.yml', 'rules/alerts.yml'])('%s names nobody', (path) => {
    expect(shipped(path)).not.toMatch(/example\.(com|org|net)|\.test\b/);
  });
});

describe.skipIf(!hasPrometheus || !hasAlertmanager)('on the first day', () => {
  const options = { timeout: TEST_TIMEOUT_MS };
  const stack = new AsyncDisposableStack();
  let alertmanager: string;
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>;

  beforeAll(async () => {
    const port = await findFreePort();
    alertmanager = `127.0.0.1:${port}`;
    const files = { 'alertmanager.yml': shipped('alertmanager.yml') };
    stack.defer(await startAlertmanager({ port, files }));
    // Only where things are is another; no name of a service leads anywhere here.
    const config = shipped('prometheus.yml')
      .replaceAll('/run/secrets/', '')
      .replace('rules/*.yml', 'rules-*.yml');
    prometheus = await startPrometheus({
      port: await findFreePort(),
      files: {
        'prometheus.yml': config,
        'rules-indicators.yml': shipped('rules/indicators.yml'),
        'rules-alerts.yml': shipped('rules/alerts.yml'),
        metrics_token: 'a-token',
      },
    });
    stack.defer(() => prometheus.stop());
  }, TEST_TIMEOUT_MS);
  afterAll(() => stack.disposeAsync());

  it('Prometheus probes no site, so that no alert on one can fire', options, async () => {
    const { yaml } = await prometheus.read<{ yaml: string }>('/api/v1/status/config');
    const { scrape_configs } = parse(yaml) as { scrape_configs: readonly { job_name: string }[] };
    const jobs = scrape_configs.map(({ job_name }) => job_name);
    expect(jobs).toEqual(['api', 'worker', 'prometheus', 'alertmanager', 'node']);
  });

  it('Alertmanager shows a page and a ticket, and sends neither anywhere', options, async () => {
    const alerts = ['page', 'ticket', 'none'].map((severity) => ({
      labels: { alertname: `Of${severity}`, severity },
    }));
    const posted = await fetch(`http://${alertmanager}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(posted.status).toBe(200);
    const receivers = async () => {
      const shown = (await (await fetch(`http://${alertmanager}/api/v2/alerts`)).json()) as {
        receivers: { name: string }[];
      }[];
      return shown.flatMap(({ receivers }) => receivers.map(({ name }) => name)).toSorted();
    };
    const all = ['dead-mans-switch', 'pager', 'tickets'];
    await vi.waitFor(async () => expect(await receivers()).toEqual(all), { timeout: 10_000 });
    const metrics = await (await fetch(`http://${alertmanager}/metrics`)).text();
    expect(metrics).toMatch(/^alertmanager_receivers 3$/m);
    expect(metrics).toMatch(/^alertmanager_integrations 0$/m);
  });
});

describe('what must be filled in', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freshbytes-monitoring-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const check = async (text: string) => {
    const path = join(folder, 'env');
    await writeFile(path, text);
    return runCli(['config', 'check', '--monitoring', '--env-file', path]);
  };
  const asEnv = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');

  it('is required by config check, with what does not happen without it', async () => {
    const { exitCode, stderr } = await check('');
    expect(exitCode).toBe(1);
    for (const { name, without } of MONITORING_SETTINGS)
      expect(stderr).toContain(`${name} is missing: ${without}`);
  });

  it('may be neither malformed nor a placeholder', async () => {
    const wrong = { MONITORING_PAGER_URL: 'https://pager.example.com/', MONITORING_MAIL_TO: 'me' };
    const { exitCode, stderr } = await check(asEnv({ ...FILLED, ...wrong }));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('MONITORING_PAGER_URL still holds a placeholder');
    expect(stderr).toContain('MONITORING_MAIL_TO must be name@host');
  });

  it('is well once it is given, and written into the files of this installation', async () => {
    expect(await check(asEnv(FILLED))).toMatchObject({ exitCode: 0, stderr: '' });
    const out = join(folder, 'out');
    const args = ['ops/monitoring/generate.ts', '--env-file', join(folder, 'env'), '--out', out];
    const run = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect([run.status, run.stderr]).toEqual([0, '']);
    const written = ['prometheus.yml', 'alertmanager.yml'].map((name) =>
      readFileSync(join(out, name), 'utf8'),
    );
    for (const value of Object.values(FILLED)) expect(written.join('')).toContain(value);
  });

  it('is listed in the guide', () => {
    const guide = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
    for (const { name } of MONITORING_SETTINGS) expect(guide).toContain(`\`${name}\``);
  });
});
