// What Prometheus reads, and from where. Names are those of the services of Compose and Kubernetes; a service that does not
// run has no address and makes no target.

/** Where targets come from, in Prometheus's own form. */
export type Discovery =
  | {
      readonly dns_sd_configs: readonly {
        readonly names: readonly string[];
        readonly type: 'A';
        readonly port: number;
      }[];
    }
  | { readonly static_configs: readonly { readonly targets: readonly string[] }[] };

export interface Topology {
  readonly interval: string;
  readonly rule_files: readonly string[];
  /** Holds METRICS_TOKEN. */
  readonly token_file: string;
  readonly api: Discovery;
  readonly worker: Discovery;
  readonly alertmanager: Discovery;
  /** Scraped without the token. */
  readonly others: readonly object[];
}

const service = (name: string, port: number): Discovery => ({
  dns_sd_configs: [{ names: [name], type: 'A', port }],
});

const EXPORTERS = [
  { job_name: 'prometheus', static_configs: [{ targets: ['localhost:9090'] }] },
  { job_name: 'alertmanager', ...service('alertmanager', 9093) },
  { job_name: 'node', ...service('node-exporter', 9100) },
];

const probeOf = (site: string) => ({
  job_name: 'site',
  metrics_path: '/probe',
  params: { module: ['http_2xx'], target: [site] },
  ...service('blackbox-exporter', 9115),
  relabel_configs: [{ source_labels: ['__param_target'], target_label: 'instance' }],
});

/** @param site the address to look at from outside; absent: nobody looks */
export const deployed = (site?: string): Topology => ({
  interval: '15s',
  rule_files: ['rules/*.yml'],
  token_file: '/run/secrets/metrics_token',
  api: service('api', 8000),
  worker: service('worker', 8001),
  alertmanager: service('alertmanager', 9093),
  others: [...EXPORTERS, ...(site === undefined ? [] : [probeOf(site)])],
});

export function prometheusConfig(topology: Topology) {
  const { interval, rule_files, token_file, api, worker, alertmanager, others } = topology;
  const authorization = { type: 'Bearer', credentials_file: token_file };
  return {
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files,
    alerting: { alertmanagers: [alertmanager] },
    scrape_configs: [
      { job_name: 'api', authorization, ...api },
      { job_name: 'worker', authorization, ...worker },
      ...others,
    ],
  };
}
