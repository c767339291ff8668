// A real Prometheus on a real API and worker under load: every panel shows something, and every rule can be evaluated.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ALERT_RUNBOOKS } from '../../../ops/monitoring/alert.ts';
import { DASHBOARDS } from '../../../ops/monitoring/dashboards/all.ts';
import { yaml } from '../../../ops/monitoring/files.ts';
import { RATE_WINDOW } from '../../../ops/monitoring/panel.ts';
import { RECORDING_RULES } from '../../../ops/monitoring/recording-rules.ts';
import { type Addresses, alertmanagerConfig } from '../../../ops/monitoring/routing.ts';
import { ALERTS, alertRules, recordingRules } from '../../../ops/monitoring/rules.ts';
import { prometheusConfig, type Topology } from '../../../ops/monitoring/scraping.ts';
import { findFreePort } from '../../../scripts/free-port.ts';
import { fencesIn } from '../../support/markdown.ts';
import { startLoad } from '../../support/network/load.ts';
import { openSink, type Sink } from '../../support/network/sink.ts';
import { type RunningCli, startCli } from '../../support/processes/cli.ts';
import { createProcessBench, type ProcessBench } from '../../support/processes/processes.ts';
import {
  hasAlertmanager,
  hasPrometheus,
  startAlertmanager,
  startPrometheus,
  type TestPrometheus,
} from '../../support/servers/prometheus.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';
const OUTSIDE_TOKEN = 'token-of-the-pager';
const START_TIMEOUT_MS = 60_000;
const DATA_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 90_000;
const RATE_WINDOW_HERE = '15s';
const ASK_INTERVAL_MS = 200;
const API_SETTINGS = {
  METRICS_TOKEN,
  WORKER: 'off',
  // In development nobody on this machine is refused.
  NODE_ENV: 'test',
  RATE_LIMITS: 'on',
  RATE_LIMIT_ANONYMOUS: '1000000/hour',
  RATE_LIMIT_USER: '1000000/hour',
  RATE_LIMIT_BURST: '1000000/minute',
  RATE_LIMIT_SEARCH: '1000000/minute',
  RATE_LIMIT_SEARCH_ADDRESS: '1000000/minute',
  RATE_LIMIT_LOGIN: '1/minute',
  SHED_REQUESTS_IN_FLIGHT: '8',
};

/** The runbooks of alerts alone, with the commands of their blocks. */
const RUNBOOKS = ALERT_RUNBOOKS.map((name) => {
  const fences = fencesIn(
    readFileSync(`ops/runbooks/${name}.md`, 'utf8').replace(/^ +(?=`{3}|\S)/gm, ''),
  );
  return {
    name,
    commands: fences.map(({ language, text }) => (language === 'sh' ? text : '')).join(''),
  };
});

describe.skipIf(!hasPrometheus || !hasAlertmanager)(
  'Prometheus on a running API under load',
  () => {
    let bench: ProcessBench;
    let worker: RunningCli;
    let prometheus: TestPrometheus;
    let load: { stop(): Promise<void> };
    let outside: Sink;
    let stopAlertmanager: () => Promise<void>;
    /** By the address at which the runbooks expect it. */
    let addresses: Readonly<Record<string, string>>;

    beforeAll(async () => {
      bench = await createProcessBench();
      const api = await bench.start(API_SETTINGS);
      await recordBackups(bench);
      const workerPort = await findFreePort();
      worker = startWorker(environmentOf(bench), workerPort);
      load = await startLoad(bench.test, api.url);
      outside = await openSink();
      const [port, alertmanagerPort] = [await findFreePort(), await findFreePort()];
      stopAlertmanager = await startAlertmanager({
        port: alertmanagerPort,
        files: alertmanagerFiles(outside),
      });
      const alertmanager = `127.0.0.1:${alertmanagerPort}`;
      const { host } = new URL(api.url);
      prometheus = await startPrometheus({
        port,
        files: filesFor({ api: host, worker: `127.0.0.1:${workerPort}`, alertmanager }),
      });
      addresses = {
        'localhost:8000': host,
        'localhost:9090': `127.0.0.1:${port}`,
        'localhost:9093': alertmanager,
      };
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await load.stop();
      await prometheus.stop();
      await stopAlertmanager();
      await outside.close();
      worker.child.kill('SIGKILL');
      await worker.ended;
      await bench.close();
    });

    const queries = DASHBOARDS.flatMap(({ title: dashboard, panels }) =>
      panels.flatMap(({ title, queries }) =>
        queries.map((query) => ({ ...query, name: `${dashboard} / ${title} / ${query.legend}` })),
      ),
    );

    /** Waits until every expression has a number. @returns the names of those that had none in time */
    async function withoutData(
      asked: readonly { readonly name: string; readonly expr: string }[],
    ): Promise<string[]> {
      let missing = asked;
      const isComplete = async () => {
        const answers = await Promise.all(
          missing.map(({ expr }) =>
            prometheus.query(expr.replaceAll(RATE_WINDOW, RATE_WINDOW_HERE)),
          ),
        );
        missing = missing.filter((_, i) => answers[i]?.every(({ value }) => Number.isNaN(value)));
        return missing.length === 0;
      };
      const wait = { timeout: DATA_TIMEOUT_MS, interval: ASK_INTERVAL_MS };
      await vi.waitUntil(isComplete, wait).catch(() => {});
      return missing.map(({ name }) => name);
    }

    it('shows data for the query of every panel', { timeout: TEST_TIMEOUT_MS }, async () => {
      const asked = queries.filter(({ absentBecause }) => absentBecause === undefined);
      expect(asked.length).toBeGreaterThan(60);
      expect(await withoutData(asked)).toEqual([]);
    });

    it('shows none where the source of the dashboards has none', async () => {
      const excused = queries.filter(({ absentBecause }) => absentBecause !== undefined);
      expect(excused.length).toBeLessThan(8);
      expect(await withNone(excused)).toEqual(excused.map(({ name }) => name));
    });

    async function withNone(asked: typeof queries): Promise<string[]> {
      const names: string[] = [];
      for (const { name, expr } of asked) {
        const samples = await prometheus.query(expr.replaceAll(RATE_WINDOW, RATE_WINDOW_HERE));
        if (samples.length === 0) names.push(name);
      }
      return names;
    }

    it('records every indicator', { timeout: TEST_TIMEOUT_MS }, async () => {
      const asked = RECORDING_RULES.map(({ record, labels }) => ({
        name: `${record} ${labels?.['slo'] ?? ''}`,
        expr: labels?.['slo'] === undefined ? record : `${record}{slo="${labels['slo']}"}`,
      }));
      expect(await withoutData(asked)).toEqual([]);
    });

    it('evaluates every rule without a fault, and the dead man’s switch fires', async () => {
      const { groups } = await prometheus.read<{
        groups: readonly { rules: readonly { name: string; health: string; state?: string }[] }[];
      }>('/api/v1/rules');
      const rules = groups.flatMap((group) => group.rules);
      expect(rules).toHaveLength(ALERTS.length + RECORDING_RULES.length);
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
      expect(rules.find(({ name }) => name === 'DeadMansSwitch')?.state).toBe('firing');
      expect(rules.find(({ name }) => name === 'NobodyWorksOnJobs')?.state).toBe('inactive');
    });

    it('sends the dead man’s switch outside, and wakes somebody for a budget that burns', {
      timeout: TEST_TIMEOUT_MS,
    }, async () => {
      const heard = (path: string) => outside.received.find((request) => request.path === path);
      const wait = { timeout: DATA_TIMEOUT_MS, interval: ASK_INTERVAL_MS };
      const beat = await vi.waitUntil(() => heard('/switch'), wait);
      expect(JSON.parse(beat.body)).toMatchObject({
        receiver: 'dead-mans-switch',
        status: 'firing',
        commonLabels: { alertname: 'DeadMansSwitch' },
      });
      // A crowd that is refused is a fault to those in it.
      const page = await vi.waitUntil(() => heard('/pager'), wait);
      expect(JSON.parse(page.body)).toMatchObject({
        receiver: 'pager',
        commonLabels: { severity: 'page' },
      });
      expect(page.headers.authorization).toBe(`Bearer ${OUTSIDE_TOKEN}`);
    });

    it.each(RUNBOOKS)(
      'does what $name says',
      { timeout: TEST_TIMEOUT_MS },
      async ({ commands }) => {
        let script = `set -eo pipefail\n${commands}`;
        for (const [documented, address] of Object.entries(addresses))
          script = script.replaceAll(documented, address);
        const env = { PATH: process.env['PATH'], ...environmentOf(bench) };
        const run = spawn('bash', ['-c', script], { env });
        const [[code], said] = await Promise.all([once(run, 'close'), text(run.stderr)]);
        expect(code, said).toBe(0);
      },
    );
  },
);

function startWorker(env: Readonly<Record<string, string>>, port: number): RunningCli {
  return startCli(['worker'], { env: { ...env, WORKER_PORT: String(port) } });
}

/** What a process of this bench, or an operator's shell, has in its environment. */
function environmentOf({ test }: ProcessBench): Record<string, string> {
  const { APP_SECRET = '', JWT_PRIVATE_KEYS = '', DATA_DIR } = test.services.config;
  return {
    NODE_ENV: 'development',
    DATABASE_URL: test.databaseUrl,
    APP_SECRET,
    JWT_PRIVATE_KEYS,
    DATA_DIR,
    LOG_LEVEL: 'error',
    AUDIT_RETENTION_MONTHS: '12',
    METRICS_TOKEN,
  };
}

/** As `backup` and `backup verify` leave it. */
async function recordBackups({ test }: ProcessBench): Promise<void> {
  const done_at = test.clock.now();
  await test.services.db
    .insertInto('backup_records')
    .values([
      { event: 'taken', done_at },
      { event: 'verified', done_at },
    ])
    .execute();
}

function alertmanagerFiles(outside: Sink): Record<string, string> {
  return {
    'alertmanager.yml': yaml(alertmanagerConfig(addressesAt(outside))),
    pager_token: OUTSIDE_TOKEN,
    heartbeat_token: OUTSIDE_TOKEN,
    smtp_password: OUTSIDE_TOKEN,
  };
}

/** Every address is `outside`; mail goes nowhere. */
function addressesAt(outside: Sink): Addresses {
  return {
    credentials: '.',
    pager_url: `${outside.url}/pager`,
    switch_url: `${outside.url}/switch`,
    mail: { server: outside.host, from: 'alerts@localhost', to: 'operations@localhost' },
  };
}

function filesFor(hosts: {
  api: string;
  worker: string;
  alertmanager: string;
}): Record<string, string> {
  const topology: Topology = {
    interval: '1s',
    rule_files: ['indicators.yml', 'alerts.yml'],
    token_file: 'token',
    api: { static_configs: [{ targets: [hosts.api] }] },
    worker: { static_configs: [{ targets: [hosts.worker] }] },
    alertmanager: { static_configs: [{ targets: [hosts.alertmanager] }] },
    others: [],
  };
  return {
    'prometheus.yml': yaml(prometheusConfig(topology)),
    'indicators.yml': yaml(recordingRules('1s')),
    'alerts.yml': yaml(alertRules('1s')),
    token: METRICS_TOKEN,
  };
}
