// Grafana's own form of the dashboards, and what makes it load them.
import type { Dashboard, Panel } from './panel.ts';

const SCHEMA_VERSION = 39;
const GRID_COLUMNS = 24;
const DEFAULT_WIDTH = 8;
const PANEL_HEIGHT = 8;
/** Chosen at the top of each dashboard. */
const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' };

export function dashboardJson({ uid, title, description, panels }: Dashboard) {
  return {
    uid: `freshbytes-${uid}`,
    title: `FreshBytes / ${title}`,
    description,
    tags: ['freshbytes'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    timezone: 'browser',
    time: { from: 'now-6h', to: 'now' },
    refresh: '30s',
    links: [
      {
        type: 'dashboards',
        title: 'FreshBytes',
        tags: ['freshbytes'],
        asDropdown: true,
        keepTime: true,
      },
    ],
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
    },
    panels: layOut(panels),
  };
}

/** From left to right, and on the next row where one would not fit. */
function layOut(panels: readonly Panel[]) {
  let x = 0;
  let y = 0;
  return panels.map((panel, i) => {
    const w = panel.width ?? DEFAULT_WIDTH;
    if (x + w > GRID_COLUMNS) {
      x = 0;
      y += PANEL_HEIGHT;
    }
    const gridPos = { x, y, w, h: PANEL_HEIGHT };
    x += w;
    return panelJson(panel, { id: i + 1, gridPos });
  });
}

function panelJson({ kind, title, description, unit, queries }: Panel, place: object) {
  const isTable = kind === 'table';
  return {
    ...place,
    type: kind,
    title,
    description,
    datasource: DATA_SOURCE,
    fieldConfig: { defaults: { unit, min: isTable ? null : 0 }, overrides: [] },
    options: isTable
      ? { showHeader: true }
      : kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] } }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + i),
      datasource: DATA_SOURCE,
      expr,
      legendFormat: legend,
      ...(isTable ? { format: 'table', instant: true } : { range: true }),
    })),
  };
}

export const DATA_SOURCES = {
  apiVersion: 1,
  datasources: [
    {
      name: 'Prometheus',
      uid: 'prometheus',
      type: 'prometheus',
      access: 'proxy',
      url: 'http://prometheus:9090',
      isDefault: true,
      editable: false,
      jsonData: { timeInterval: '15s', httpMethod: 'POST' },
    },
  ],
};

export const DASHBOARD_PROVIDERS = {
  apiVersion: 1,
  providers: [
    {
      name: 'freshbytes',
      folder: 'FreshBytes',
      type: 'file',
      disableDeletion: true,
      allowUiUpdates: false,
      options: { path: '/var/lib/grafana/dashboards' },
    },
  ],
};
