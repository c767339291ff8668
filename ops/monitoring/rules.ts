// The files of rules that Prometheus loads, and the drills by which promtool proves each alert.
import type { Alert, AlertGroup, Drill } from './alert.ts';
import { BURN } from './alerts/burn.ts';
import { CORRECTNESS } from './alerts/correctness.ts';
import { DATA } from './alerts/data.ts';
import { MONITORING } from './alerts/monitoring.ts';
import { PROCESSES } from './alerts/processes.ts';
import type { Minutes } from './course.ts';
import { RECORDING_RULES } from './recording-rules.ts';

const EVALUATION_INTERVAL = '1m';
/** Drills count in it. */
const SAMPLE_INTERVAL = '1m';
/** Drills longer than so many minutes are evaluated every five of them, or promtool would take a minute for them. */
const LONG_DRILL_MINUTES = 100;
const LONG_DRILL_INTERVAL = '5m';
const DEFAULT_MINUTES: Minutes = { good: 10, bad: 20, again: 20 };
const RUNBOOKS_URL = 'https://github.com/freshbytes/freshbytes/blob/main/ops/runbooks';
const LABEL = /\{\{ \$labels\.(\w+) \}\}/g;

export const ALERT_GROUPS: readonly AlertGroup[] = [BURN, PROCESSES, CORRECTNESS, DATA, MONITORING];
export const ALERTS: readonly Alert[] = ALERT_GROUPS.flatMap(({ alerts }) => alerts);

/** Prometheus's own form of them; `interval` is that of every group, for tests that cannot wait a minute. */
export function recordingRules(interval = EVALUATION_INTERVAL) {
  return { groups: [{ name: 'indicators', interval, rules: RECORDING_RULES }] };
}

export function alertRules(interval = EVALUATION_INTERVAL) {
  return {
    groups: ALERT_GROUPS.map(({ name, alerts }) => ({ name, interval, rules: alerts.map(toRule) })),
  };
}

/** The same rules as an object of the Prometheus Operator. */
export function prometheusRule() {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'freshbytes' },
    spec: { groups: [...recordingRules().groups, ...alertRules().groups] },
  };
}

function toRule(alert: Alert) {
  return {
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for === undefined ? {} : { for: alert.for }),
    labels: { severity: alert.severity, ...alert.labels },
    annotations: annotationsOf(alert),
  };
}

function annotationsOf({ summary, description, source, runbook }: Alert) {
  return { summary, description, source, runbook_url: `${RUNBOOKS_URL}/${runbook}.md` };
}

/** For `promtool test rules`, one test for each alert: silent, firing, silent again. Long drills make a file of their own. */
export function ruleTests(length: 'short' | 'long') {
  const isLong = length === 'long';
  return {
    // Only alerts on budgets read indicators, and their drills are long.
    rule_files: [...(isLong ? ['../rules/indicators.yml'] : []), '../rules/alerts.yml'],
    evaluation_interval: isLong ? LONG_DRILL_INTERVAL : EVALUATION_INTERVAL,
    tests: ALERTS.filter((alert) => isLongDrill(alert) === isLong).map(testOf),
  };
}

function isLongDrill({ drill }: Alert): boolean {
  if (drill === 'always fires') return false;
  const { good, bad, again } = drill.minutes ?? DEFAULT_MINUTES;
  return good + bad + again > LONG_DRILL_MINUTES;
}

function testOf(alert: Alert) {
  return alert.drill === 'always fires' ? alwaysTest(alert) : drillTest(alert, alert.drill);
}

function drillTest(alert: Alert, { series, labels, minutes = DEFAULT_MINUTES }: Drill) {
  const { good, bad, again } = minutes;
  const expected = [expectedAlert(alert, labels)];
  return {
    name: `${alert.name} stays silent, fires and resets`,
    interval: SAMPLE_INTERVAL,
    input_series: Object.entries(series).map(([name, course]) => ({
      series: name,
      values: course(minutes),
    })),
    alert_rule_test: [
      { eval_time: `${good - 1}m`, alertname: alert.name, exp_alerts: [] },
      { eval_time: `${good + bad - 1}m`, alertname: alert.name, exp_alerts: expected },
      { eval_time: `${good + bad + again - 1}m`, alertname: alert.name, exp_alerts: [] },
    ],
  };
}

function alwaysTest(alert: Alert) {
  return {
    name: `${alert.name} fires from the first evaluation on`,
    interval: SAMPLE_INTERVAL,
    input_series: [],
    alert_rule_test: ['0m', '1d'].map((eval_time) => ({
      eval_time,
      alertname: alert.name,
      exp_alerts: [expectedAlert(alert)],
    })),
  };
}

function expectedAlert(alert: Alert, labels: Readonly<Record<string, string>> = {}) {
  const fill = (text: string) => text.replaceAll(LABEL, (_, name: string) => labels[name] ?? '');
  const annotations = Object.entries(annotationsOf(alert)).map(([key, text]) => [key, fill(text)]);
  return {
    exp_labels: { severity: alert.severity, ...alert.labels, ...labels },
    exp_annotations: Object.fromEntries(annotations),
  };
}
