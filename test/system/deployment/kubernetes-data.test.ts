// What ops/kubernetes asks of a database and does for it: connections at the height of a rollout, backups that an alert would
// miss, and the cluster of CloudNativePG.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALERTS } from '../../../ops/monitoring/rules.ts';
import { loadConfig, SETTINGS } from '../../../src/config.ts';
import {
  constantOf,
  getObject,
  mountedSecrets,
  namesOf,
  overlay,
  podOf,
  ROOT,
  settingsOf,
} from '../../support/deployment/kubernetes.ts';
import type { KubernetesObject } from '../../support/deployment/kustomize.ts';
import { makePrivateKey } from '../../support/private-key.ts';

const PRODUCTION = overlay('production');
const WITH_DATABASE = overlay('production-cloudnative-pg');
/** A migration, a backup with its dump, and somebody with psql. */
const OTHER_CONNECTIONS = 5;
/** What one process took under load; it takes 205 MB idle. */
const PEAK_MB = 490;
const MIB = 1024 * 1024;
const HOUR_SECONDS = 3_600;

const autoscalerOf = (objects: readonly KubernetesObject[]) =>
  getObject(objects, 'HorizontalPodAutoscaler', 'api')['spec'] as {
    minReplicas: number;
    maxReplicas: number;
    metrics: { resource: { name: string; target: { averageUtilization: number } } }[];
    behavior: { scaleDown: { stabilizationWindowSeconds: number } };
  };

describe.each([
  ['staging', overlay('staging'), proxyConnections()],
  ['production', PRODUCTION, proxyConnections()],
  ['production-cloudnative-pg', WITH_DATABASE, ownConnections()],
])('%s', (_name, objects, connections) => {
  it('has connections for all pods, old and new, at the height of a rollout', () => {
    const probes = constantOf('src/modules/operations/health/health.probes.ts', 'max');
    const invalidations = 1;
    const invariants = 1;
    const api = poolOf(objects, 'api') + probes + invalidations;
    const worker =
      poolOf(objects, 'worker') +
      constantOf('src/jobs/worker.ts', 'POOL_SIZE') +
      probes +
      invalidations +
      invariants;
    const peak =
      podsAtMost(objects, 'api', autoscalerOf(objects).maxReplicas) * api +
      podsAtMost(objects, 'worker', replicasOf(objects, 'worker')) * worker +
      OTHER_CONNECTIONS;
    expect(peak).toBeLessThanOrEqual(connections);
  });

  it('scales by a request that fits one process', () => {
    const { minReplicas, maxReplicas, metrics, behavior } = autoscalerOf(objects);
    expect(minReplicas).toBeGreaterThanOrEqual(2);
    expect(maxReplicas).toBeGreaterThan(minReplicas);
    const [container] = podOf(getObject(objects, 'Deployment', 'api')).containers;
    const { requests, limits } = container?.resources ?? {};
    const [metric] = metrics;
    const target =
      (Number(requests?.cpu) * (metric?.resource.target.averageUtilization ?? 0)) / 100;
    // One process uses one core: well before that, or the new pod comes too late; far above idle, or it comes for nothing.
    expect(target).toBeGreaterThanOrEqual(0.5);
    expect(target).toBeLessThanOrEqual(0.75);
    expect(behavior.scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(300);
    expect(mebibytes(requests?.memory) * MIB).toBeGreaterThan(PEAK_MB * 1_000_000);
    expect(mebibytes(limits?.memory)).toBeGreaterThan(mebibytes(requests?.memory));
    // Where it is set, each deployment would undo what the autoscaler did.
    expect(getObject(objects, 'Deployment', 'api')['spec']).not.toHaveProperty('replicas');
  });
});

describe('backups', () => {
  const specOf = (name: string) =>
    getObject(PRODUCTION, 'CronJob', name)['spec'] as {
      schedule: string;
      concurrencyPolicy: string;
      startingDeadlineSeconds: number;
      jobTemplate: { spec: { activeDeadlineSeconds: number } };
    };

  it.each([
    ['backup', 'BackupOld'],
    ['backup-verify', 'BackupUnverified'],
  ])('%s runs often enough for the alert %s, and never twice at a time', (name, alert) => {
    const { schedule, concurrencyPolicy, startingDeadlineSeconds, jobTemplate } = specOf(name);
    const { activeDeadlineSeconds } = jobTemplate.spec;
    expect(concurrencyPolicy).toBe('Forbid');
    expect(activeDeadlineSeconds).toBeLessThan(intervalOf_s(schedule));
    const latest_s = intervalOf_s(schedule) + startingDeadlineSeconds + activeDeadlineSeconds;
    expect(latest_s).toBeLessThan(thresholdOf_s(alert));
  });

  it.each(['backup', 'backup-verify'])('%s works on the volume that it mounts', (name) => {
    const pod = podOf(getObject(PRODUCTION, 'CronJob', name));
    const [container] = pod.containers;
    const given = Object.fromEntries(
      (container?.env ?? []).map(({ name: key, value }) => [key, value]),
    );
    const mounts = Object.fromEntries(
      (container?.volumeMounts ?? []).map((mount) => [mount.mountPath, mount.name]),
    );
    expect(given['BACKUP_METHOD']).toBe('pg_dump');
    expect(mounts[given['BACKUP_DIR'] ?? '']).toBe('backup');
    expect(pod.volumes).toContainEqual({
      name: 'backup',
      persistentVolumeClaim: { claimName: 'backup' },
    });
  });

  it('are taken with public keys, and only what tries them out has the private ones', () => {
    const [taking, trying] = ['backup', 'backup-verify'].map((name) =>
      podOf(getObject(PRODUCTION, 'CronJob', name)),
    );
    const envFrom = taking?.containers[0]?.envFrom?.map(({ configMapRef }) => configMapRef?.name);
    expect(envFrom).toContain('freshbytes-backup');
    expect(taking && mountedSecrets(taking).has('freshbytes-backup')).toBe(false);
    const path = trying?.containers[0]?.env?.find(({ name }) => name === 'BACKUP_IDENTITY_FILE');
    const key = path?.value?.split('/').at(-1) ?? '';
    expect(trying && mountedSecrets(trying).get('freshbytes-backup')).toEqual([{ key, path: key }]);
  });

  it('stand beside retention, which runs more often than its alert has patience, as the owner', () => {
    expect(specOf('retention').schedule).toMatch(/^\d+ \d+ [1-9]\d? \* \*$/);
    const pod = podOf(getObject(PRODUCTION, 'CronJob', 'retention'));
    expect(pod.containers[0]?.args).toEqual(['retention']);
    expect(mountedSecrets(pod).has('freshbytes-owner')).toBe(true);
    expect(pod.volumes?.map(({ name }) => name)).not.toContain('backup');
  });

  it('are not taken in staging', () => {
    expect(namesOf(overlay('staging'), 'CronJob')).toEqual([]);
  });
});

describe('monitoring', () => {
  it('scrapes both services under the names that the rules know, with a Secret of its own', () => {
    const { selector, jobLabel, endpoints } = getObject(PRODUCTION, 'ServiceMonitor', 'freshbytes')[
      'spec'
    ] as {
      selector: { matchLabels: Record<string, string> };
      jobLabel: string;
      endpoints: { port: string; path: string; authorization: object }[];
    };
    const selected = PRODUCTION.filter(
      ({ kind, metadata: { labels = {} } }) =>
        kind === 'Service' &&
        Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value),
    );
    expect(selected.map(({ metadata }) => metadata.labels?.[jobLabel])).toEqual(['api', 'worker']);
    const [endpoint] = endpoints;
    expect(endpoint).toMatchObject({
      path: '/metrics',
      authorization: { type: 'Bearer', credentials: { name: 'freshbytes-metrics', key: 'token' } },
    });
    for (const service of selected) {
      const { ports } = service['spec'] as { ports: { name: string }[] };
      expect(ports.map(({ name }) => name)).toContain(endpoint?.port);
    }
  });

  it('judges by the rules that Prometheus loads elsewhere', () => {
    const { groups } = getObject(PRODUCTION, 'PrometheusRule', 'freshbytes')['spec'] as {
      groups: object[];
    };
    const loaded = ['indicators', 'alerts'].flatMap((name) => {
      const text = readFileSync(join(ROOT, `ops/monitoring/rules/${name}.yml`), 'utf8');
      return (parse(text) as { groups: object[] }).groups;
    });
    expect(groups).toEqual(loaded);
  });
});

describe('CloudNativePG', () => {
  const cluster = getObject(WITH_DATABASE, 'Cluster', 'database');
  const spec = cluster['spec'] as {
    instances: number;
    bootstrap: {
      initdb: {
        database: string;
        owner: string;
        secret: { name: string };
        postInitApplicationSQL: string[];
      };
    };
    managed: { roles: ({ name: string; passwordSecret: { name: string } } & object)[] };
    postgresql: { synchronous: object; parameters: Record<string, string> };
  };

  it('acknowledges nothing that only one of three instances has', () => {
    expect(spec.instances).toBe(3);
    expect(spec.postgresql.synchronous).toEqual({
      method: 'any',
      number: 1,
      dataDurability: 'required',
      failoverQuorum: true,
    });
  });

  it('has the two roles that every installation has, with the same rights', () => {
    const { database, owner, secret, postInitApplicationSQL } = spec.bootstrap.initdb;
    const elsewhere = readFileSync(join(ROOT, 'ops/compose/init-database.sql'), 'utf8');
    expect(postInitApplicationSQL.slice(1).every((sql) => elsewhere.includes(`${sql};`))).toBe(
      true,
    );
    expect(elsewhere).toContain(`ALTER DATABASE ${database} OWNER TO ${owner};`);
    expect(spec.managed.roles).toEqual([
      { name: owner, login: true, createdb: true, passwordSecret: { name: secret.name } },
      {
        name: 'freshbytes_app',
        login: true,
        inRoles: ['pg_read_all_stats'],
        passwordSecret: { name: 'database-runtime' },
      },
    ]);
    expect(elsewhere).toContain('CREATE ROLE freshbytes_app LOGIN');
  });

  it('is reached at the addresses that the documentation makes, which production takes', () => {
    const text = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
    const [, tls = ''] = /tls='(\S+)'/.exec(text) ?? [];
    const [, form = ''] = /printf '(postgres:\S+)'/.exec(text) ?? [];
    const people = [...text.matchAll(/^address "(\S+)" > DATABASE/gm)].map(([, person]) => person);
    const urls = people.map((person) => format(form, person, tls));
    expect(urls.map((url) => new URL(url).username)).toEqual([
      'freshbytes_app',
      'freshbytes_owner',
    ]);
    for (const url of urls) {
      expect(new URL(url).hostname).toBe(`${cluster.metadata.name}-rw`);
      expect(new URL(url).pathname).toBe(`/${spec.bootstrap.initdb.database}`);
      // The authority is mounted from the Secret that the operator makes beside the cluster.
      const pod = podOf(getObject(WITH_DATABASE, 'Deployment', 'api'));
      const [authority] = mountedSecrets(pod).get(`${cluster.metadata.name}-ca`) ?? [];
      expect(authority?.key).toBe('ca.crt');
      expect(new URL(url).searchParams.get('sslrootcert')).toBe(
        `/run/secrets/freshbytes/${authority?.path}`,
      );
      const given = {
        ...Object.fromEntries(
          Object.entries(settingsOf(WITH_DATABASE))
            .filter(([name]) => !name.endsWith('_FILE'))
            .map(([name, value]) => [name, value.replace('example.com', 'freshbytes.ph')]),
        ),
        DATABASE_URL: url,
        REDIS_URL: 'rediss://redis.data.svc',
        SMTP_URL: 'smtps://smtp.freshbytes.ph',
        JWT_PRIVATE_KEYS: makePrivateKey(),
        APP_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789',
        METRICS_TOKEN: 'abcdefghijklmnopqrstuvwxyz0123456789',
        SEMAPHORE_API_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789',
        S3_ACCESS_KEY_ID: 'abcdefghijklmnopqrst',
        S3_SECRET_ACCESS_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789',
      };
      expect(() => loadConfig(given, '0.0.0')).not.toThrow();
    }
  });
});

/** Old and new ones: a pod that drains is no longer counted, and still has its connections. */
function podsAtMost(objects: readonly KubernetesObject[], name: string, replicas: number): number {
  const { strategy } = getObject(objects, 'Deployment', name)['spec'] as {
    strategy: { rollingUpdate: { maxSurge: number } };
  };
  return replicas + 2 * strategy.rollingUpdate.maxSurge;
}

function replicasOf(objects: readonly KubernetesObject[], name: string): number {
  return (getObject(objects, 'Deployment', name)['spec'] as { replicas: number }).replicas;
}

function poolOf(objects: readonly KubernetesObject[], name: string): number {
  const { env = [] } = podOf(getObject(objects, 'Deployment', name)).containers[0] ?? {};
  const given = env.find((variable) => variable.name === 'DATABASE_POOL_SIZE')?.value;
  return Number(
    given ?? SETTINGS.find((setting) => setting.name === 'DATABASE_POOL_SIZE')?.default,
  );
}

/** What HAProxy lets through to the leader of a cluster of one's own: docs/scaling.md. */
function proxyConnections(): number {
  const text = readFileSync(join(ROOT, 'ops/ha/haproxy.cfg'), 'utf8');
  return Number(/default-server .*\bmaxconn (\d+)/.exec(text)?.[1]);
}

function ownConnections(): number {
  const { postgresql } = getObject(WITH_DATABASE, 'Cluster', 'database')['spec'] as {
    postgresql: { parameters: Record<string, string> };
  };
  /** PostgreSQL keeps three for superusers; the operator itself uses a few. */
  const reserved = 3 + 5;
  return Number(postgresql.parameters['max_connections']) - reserved;
}

/** @throws Error where the unit is another */
function mebibytes(quantity = ''): number {
  const [, number] = /^(\d+)Mi$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`${quantity} is not in mebibytes`);
  return Number(number);
}

/** Of a schedule of every so many hours, or of one day a week. */
function intervalOf_s(schedule: string): number {
  const [, , hours, weekly] = /^\d+ (\*\/(\d+) \* \* \*|\d+ \* \* (\d))$/.exec(schedule) ?? [];
  if (hours !== undefined) return Number(hours) * HOUR_SECONDS;
  if (weekly !== undefined) return 7 * 24 * HOUR_SECONDS;
  throw new Error(`${schedule} is not understood`);
}

/** The age at which an alert fires: what its expression ends with. */
function thresholdOf_s(name: string): number {
  const alert = ALERTS.find((candidate) => candidate.name === name);
  const [, a = '', b = ''] = / > (\d+) \* (\d+)$/.exec(alert?.expr ?? '') ?? [];
  return Number(a) * Number(b);
}
