// The files that Prometheus, Alertmanager and Grafana load: up to date, accepted by those who read them, and every alert
// proven by a drill.
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALERT_RUNBOOKS, type SeriesSource } from '../../../ops/monitoring/alert.ts';
import { DASHBOARDS } from '../../../ops/monitoring/dashboards/all.ts';
import { staleFiles } from '../../../ops/monitoring/generate.ts';
import { RECORDING_RULES } from '../../../ops/monitoring/recording-rules.ts';
import { RECEIVERS } from '../../../ops/monitoring/routing.ts';
import { ALERTS, ruleTests } from '../../../ops/monitoring/rules.ts';
import { BURN_RATES, budgetOf, SLOS } from '../../../ops/monitoring/slo.ts';
import { hasAlertmanager, judge } from '../../support/servers/prometheus.ts';
import { hasPromtool } from '../../support/servers/promtool.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'ops/monitoring');
const RUNBOOKS = join(ROOT, 'ops/runbooks');
const DRILL_TIMEOUT_MS = 240_000;
const GRID_COLUMNS = 24;

const file = (path: string) => join(FOLDER, path);

it('the generated files are up to date', async () => {
  expect(await staleFiles()).toEqual([]);
});

describe('alerts', () => {
  it.skipIf(!hasPromtool)('and rules are what Prometheus accepts', () => {
    const rules = globSync('rules/*.yml', { cwd: FOLDER }).map(file);
    expect(rules).toHaveLength(2);
    expect(judge('promtool', ['check', 'rules', '--lint-fatal', ...rules])).toMatchObject({
      isGood: true,
    });
    const config = ['check', 'config', '--syntax-only', file('prometheus.yml')];
    expect(judge('promtool', config)).toMatchObject({ isGood: true });
  });

  it.skipIf(!hasPromtool).each(['short', 'long'])(
    'stay silent, fire and reset: %s drills',
    (length) => {
      const verdict = judge('promtool', ['test', 'rules', file(`rule-tests/${length}.yml`)]);
      expect(verdict.words).toMatch(/^\s*SUCCESS$/m);
      expect(verdict.isGood).toBe(true);
    },
    DRILL_TIMEOUT_MS,
  );

  it('each have a name of their own and one drill', () => {
    const names = ALERTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const drilled = (['short', 'long'] as const).flatMap((length) =>
      ruleTests(length).tests.map(({ alert_rule_test }) => alert_rule_test[0]?.alertname),
    );
    expect(drilled.toSorted()).toEqual(names.toSorted());
    const always = ALERTS.filter(({ drill }) => drill === 'always fires');
    expect(always.map(({ name }) => name)).toEqual(['DeadMansSwitch']);
  });

  it.each(ALERTS)(
    '$name names a runbook that exists and explains it',
    async ({ name, runbook }) => {
      const path = join(RUNBOOKS, `${runbook}.md`);
      expect(existsSync(path), path).toBe(true);
      if (ALERT_RUNBOOKS.some((own) => own === runbook))
        expect(await readFile(path, 'utf8')).toContain(`\`${name}\``);
    },
  );

  it.each(ALERTS)('$name reads only series that its source exports', async ({ expr, source }) => {
    const page = await readFile(join(ROOT, 'docs/observability.md'), 'utf8');
    const documented = [...page.matchAll(/^\| `(\w+)` \| \w+ \| (?:process|marketplace) \|/gm)];
    const exported: Readonly<Record<SeriesSource, (series: string) => boolean>> = {
      freshbytes: (series) =>
        documented.some(([, name]) => name === series) ||
        RECORDING_RULES.some(({ record }) => record === series),
      prometheus: (series) => series === 'up',
      node_exporter: (series) => series.startsWith('node_filesystem_'),
      blackbox_exporter: (series) => series.startsWith('probe_'),
    };
    const series = seriesIn(expr);
    if (expr !== 'vector(1)') expect(series).not.toEqual([]);
    expect(series.filter((name) => !exported[source](name))).toEqual([]);
  });

  it('on error budgets cover each objective at each of the four rates', () => {
    for (const slo of SLOS) {
      for (const { long, short, factor, severity } of BURN_RATES) {
        const alert = ALERTS.find(({ name }) => name === `${slo.title}Burn${long}`);
        expect(alert?.severity).toBe(severity);
        for (const window of [long, short])
          expect(alert?.expr).toContain(
            `slo:error_ratio:rate${window}{slo="${slo.name}"} > ${factor} * ${budgetOf(slo)}`,
          );
      }
    }
    expect(SLOS.map(budgetOf)).toEqual([0.001, 0.05, 0.01]);
  });
});

it.each(ALERT_RUNBOOKS)('the runbook %s leads to pages that exist', async (name) => {
  const page = await readFile(join(RUNBOOKS, `${name}.md`), 'utf8');
  const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(join(RUNBOOKS, link)))).toEqual([]);
});

/** Names of series in an expression: what is neither a function, nor a label, nor a word of the language. */
function seriesIn(expr: string): string[] {
  const bare = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/g, ' ');
  const names = bare.match(/\b[a-z][\w:]*\b(?!\s*\()/g) ?? [];
  return names.filter((name) => !['and', 'or', 'by', 'sum', 'max'].includes(name));
}

describe.skipIf(!hasAlertmanager)('Alertmanager', () => {
  const config = file('alertmanager.yml');

  it('accepts its configuration', () => {
    expect(judge('amtool', ['check-config', config])).toMatchObject({ isGood: true });
  });

  it.each(ALERTS)('sends $name where its severity goes', ({ name, severity, labels = {} }) => {
    const given = Object.entries({ alertname: name, severity, ...labels });
    const verdict = judge('amtool', [
      'config',
      'routes',
      'test',
      `--config.file=${config}`,
      `--verify.receivers=${RECEIVERS[severity]}`,
      ...given.map(([label, value]) => `${label}=${value}`),
    ]);
    expect(verdict).toMatchObject({ isGood: true });
  });

  it('makes a ticket of what has no severity', () => {
    const args = ['config', 'routes', 'test', `--config.file=${config}`, 'alertname=Unknown'];
    expect(judge('amtool', [...args, '--verify.receivers=tickets']).isGood).toBe(true);
    expect(judge('amtool', [...args, '--verify.receivers=pager']).isGood).toBe(false);
  });
});

describe.each(DASHBOARDS)('the dashboard $title', ({ uid, title, description }) => {
  it('is one that Grafana can show', async () => {
    const json = JSON.parse(await readFile(file(`grafana/dashboards/${uid}.json`), 'utf8'));
    expect(json).toMatchObject({
      uid: `freshbytes-${uid}`,
      title: `FreshBytes / ${title}`,
      description,
      templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    });
    expect(description).toMatch(/\.$/);
    const panels = json.panels as GrafanaPanel[];
    expect(panels.length).toBeGreaterThan(4);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map((panel) => panel.title)).size).toBe(panels.length);
    for (const panel of panels) {
      expect(panel.title).not.toBe('');
      expect(panel.description, panel.title).toMatch(/\.$/);
      expect(panel.fieldConfig.defaults.unit, panel.title).not.toBe('');
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(GRID_COLUMNS);
      expect(panel.targets.length, panel.title).toBeGreaterThan(0);
      for (const { datasource, legendFormat } of [panel, ...panel.targets]) {
        expect(datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
        expect(legendFormat, panel.title).not.toBe('');
      }
    }
    expect(overlapping(panels)).toEqual([]);
  });
});

it('no two dashboards have the same address', () => {
  expect(new Set(DASHBOARDS.map(({ uid }) => uid)).size).toBe(DASHBOARDS.length);
  expect(DASHBOARDS).toHaveLength(globSync('grafana/dashboards/*.json', { cwd: FOLDER }).length);
});

interface GrafanaPanel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly datasource: object;
  readonly legendFormat?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets: readonly { readonly datasource: object; readonly legendFormat: string }[];
}

/** Titles of panels that begin in the same row before the one on their left ends. */
function overlapping(panels: readonly GrafanaPanel[]): string[] {
  return panels.flatMap(({ title, gridPos: { x, y } }, i) => {
    const before = panels[i - 1]?.gridPos;
    return before !== undefined && before.y === y && before.x + before.w > x ? [title] : [];
  });
}
