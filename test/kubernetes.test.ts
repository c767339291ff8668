// ops/kubernetes: every object of both overlays, as Kustomize makes them, against Kubernetes' schemas and against what the
// image, the settings and the time that a process takes to stop demand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { Environment, loadConfig } from '../src/config.ts';
import { runtime, wordsOf } from './image.ts';
import { schemaFaults } from './kubernetes-schema.ts';
import { type KubernetesObject, kustomize, walk } from './kustomize.ts';
import { makePrivateKey } from './private-key.ts';

const FOLDER = join(import.meta.dirname, '../ops/kubernetes');
const OVERLAYS = ['staging', 'production'] as const;
const FILE_SUFFIX = '_FILE';
const SECRETS_DIR = '/run/secrets/freshbytes/';
const settings: Readonly<Record<string, object>> = Environment.properties;
const isSecret = (name: string) => 'secret' in (settings[name] ?? {});

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly mountPath: string }[];
  readonly securityContext: object;
  readonly resources: object;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly automountServiceAccountToken: boolean;
  readonly serviceAccountName: string;
  readonly securityContext: object;
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: readonly { readonly topologyKey: string }[];
}

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  const objects = kustomize(join(FOLDER, 'overlays', overlay));
  const find = (kind: string, name: string) => getObject(objects, kind, name);
  const config = dataOf(objects.find(({ kind }) => kind === 'ConfigMap'));
  const api = podOf(find('Deployment', 'api'));
  const worker = podOf(find('Deployment', 'worker'));
  const migrate = podOf(find('Job', 'migrate'));
  const pods = [api, worker, migrate];
  const containers = pods.flatMap((pod) => [...(pod.initContainers ?? []), ...pod.containers]);

  it('holds only what Kubernetes knows', async () => {
    expect(objects.length).toBeGreaterThan(15);
    for (const object of objects)
      expect(await schemaFaults(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
  });

  it('keeps all in one namespace, which enforces the restricted profile', () => {
    const namespace = find('Namespace', `freshbytes-${overlay}`);
    expect(namespace.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const others = objects.filter((object) => object !== namespace);
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(
      new Set([namespace.metadata.name]),
    );
  });

  it('runs this version of the image with commands that it has', () => {
    const image = `registry.example.com/freshbytes:${packageJson.version}`;
    expect(new Set(containers.map((container) => container.image))).toEqual(new Set([image]));
    const main = readFileSync(join(import.meta.dirname, '../src/main.ts'), 'utf8');
    for (const { args } of containers) expect(main).toContain(`.command('${args[0]}')`);
  });

  it('gives no pod a token, root, a writable root file system or a capability', () => {
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        serviceAccountName: find('ServiceAccount', 'freshbytes').metadata.name,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
    }
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toEqual({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
    const [uid] = (wordsOf(runtime, 'USER')[0] ?? '').split(':');
    expect(api.securityContext).toMatchObject({ runAsUser: Number(uid) });
  });

  it('sets only settings that exist, each secret by a file, and all that production demands', () => {
    for (const { env = [] } of containers) {
      const given = {
        ...config,
        ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      };
      const values = Object.entries(given).map(([name, value]) => {
        if (name in settings) {
          expect(isSecret(name), name).toBe(false);
          return [name, value];
        }
        const secret = name.slice(0, -FILE_SUFFIX.length);
        expect(isSecret(secret), name).toBe(true);
        expect(value).toBe(`${SECRETS_DIR}${secret}`);
        return [secret, exampleOf(secret)];
      });
      const asShipped: Record<string, string> = Object.fromEntries(values);
      expect(() => loadConfig(asShipped, '0.0.0')).toThrow(/^PUBLIC_URL still holds a placeholder/);
      const filledIn = values.map(([name, value = '']) => [
        name,
        value.replace('example.com', 'freshbytes.ph'),
      ]);
      expect(() => loadConfig(Object.fromEntries(filledIn), '0.0.0')).not.toThrow();
    }
  });

  it('mounts every secret that a setting names', () => {
    const named = Object.keys(config)
      .filter((name) => name.endsWith(FILE_SUFFIX))
      .map((name) => name.slice(0, -FILE_SUFFIX.length));
    const keys: string[] = [];
    walk(find('Job', 'migrate'), ({ key, path }) => {
      if (typeof key !== 'string') return;
      expect(path).toBe(key);
      keys.push(key);
    });
    expect(keys.toSorted()).toEqual(named.toSorted());
    for (const { volumeMounts } of containers)
      expect(volumeMounts.map(({ mountPath }) => `${mountPath}/`)).toContain(SECRETS_DIR);
  });

  it('asks each process for its health where it listens', () => {
    const setting = ({ env = [] }: Container, name: string) =>
      Number(env.find((variable) => variable.name === name)?.value);
    for (const [pod, variable] of [
      [api, 'PORT'],
      [worker, 'WORKER_PORT'],
    ] as const) {
      const [container] = pod.containers;
      if (container === undefined) throw new Error('a container is expected');
      expect(container.ports?.map(({ containerPort }) => containerPort)).toEqual([
        setting(container, variable),
      ]);
      expect(container.livenessProbe?.httpGet).toEqual({ path: '/health/live', port: 'http' });
      expect(container.startupProbe?.httpGet).toEqual({ path: '/health/live', port: 'http' });
      expect(container.readinessProbe?.httpGet).toEqual({ path: '/health/ready', port: 'http' });
    }
  });

  it('replaces pods so that no request is lost: ready first, then drained, then given time to end', () => {
    for (const name of ['api', 'worker'])
      expect(find('Deployment', name)['spec']).toMatchObject({
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
      });
    const [container] = api.containers;
    const drain_s = Number(container?.env?.find(({ name }) => name === 'DRAIN_MS')?.value) / 1000;
    const {
      periodSeconds = 0,
      timeoutSeconds = 0,
      failureThreshold = 0,
    } = container?.readinessProbe ?? {};
    expect(drain_s).toBeGreaterThan((periodSeconds + timeoutSeconds) * failureThreshold);
    expect(api.terminationGracePeriodSeconds).toBeGreaterThan(drain_s + stopTimeout_s());
    expect(worker.terminationGracePeriodSeconds).toBeGreaterThan(stopTimeout_s());
  });

  it('survives the loss of a node: spread out, never all evicted, scaled by load', () => {
    for (const pod of [api, worker])
      expect(pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
    for (const name of ['api', 'worker'])
      expect(find('PodDisruptionBudget', name)['spec']).toMatchObject({
        maxUnavailable: 1,
        selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      });
    const { minReplicas, maxReplicas } = find('HorizontalPodAutoscaler', 'api')['spec'] as Record<
      string,
      number
    >;
    expect(minReplicas).toBeGreaterThanOrEqual(2);
    expect(maxReplicas).toBeGreaterThan(minReplicas ?? Number.POSITIVE_INFINITY);
    // Where it is set, each deployment would undo what the autoscaler did.
    expect(find('Deployment', 'api')['spec']).not.toHaveProperty('replicas');
  });

  it('lets nothing pass that no policy names', () => {
    expect(find('NetworkPolicy', 'default-deny')['spec']).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(allowedPorts(find('NetworkPolicy', 'to-api'))).toEqual([8000]);
    expect(allowedPorts(find('NetworkPolicy', 'to-worker'))).toEqual([8001]);
    expect(allowedPorts(find('NetworkPolicy', 'names-and-data'))).toEqual([53, 53, 5432, 6379]);
    expect(JSON.stringify(find('NetworkPolicy', 'to-the-world'))).toContain('169.254.0.0/16');
  });

  it('serves one host, over TLS, at the address that answers name', () => {
    const { tls, rules } = find('Ingress', 'api')['spec'] as {
      tls: { hosts: string[] }[];
      rules: { host: string }[];
    };
    const host = new URL(config['PUBLIC_URL'] ?? '').host;
    expect([tls[0]?.hosts, rules.map((rule) => rule.host)]).toEqual([[host], [host]]);
  });

  it('selects pods by labels that they bear, and names objects that exist', () => {
    for (const [kind, name] of [
      ['Deployment', 'api'],
      ['Deployment', 'worker'],
      ['Job', 'migrate'],
    ] as const) {
      const { template, selector } = find(kind, name)['spec'] as {
        template: { metadata: { labels: object } };
        selector?: { matchLabels: object };
      };
      expect(template.metadata.labels).toMatchObject(
        selector?.matchLabels ?? { 'app.kubernetes.io/name': name },
      );
    }
    const names = objects.map(({ metadata }) => metadata.name);
    walk(objects, ({ configMapRef, claimName }) => {
      const referred = claimName ?? (configMapRef as { name: string } | undefined)?.name;
      if (referred !== undefined) expect(names).toContain(referred);
    });
  });
});

it('a schema refuses a member that does not exist, a missing one and a wrong type', async () => {
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    template: { spec: { containers: [{ name: 'a', imag: 'b' }] } },
  };
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec };
  expect(await schemaFaults(object)).toEqual(['/spec/template/spec/containers/0/imag is unknown']);
  expect(await schemaFaults({ ...object, spec: { replicas: '2' } })).not.toEqual([]);
  expect(await schemaFaults({ ...object, kind: 'Deploiment' })).not.toEqual([]);
});

function getObject(
  objects: readonly KubernetesObject[],
  kind: string,
  name: string,
): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

function podOf(object: KubernetesObject): PodSpec {
  return (object['spec'] as { template: { spec: PodSpec } }).template.spec;
}

function dataOf(object: KubernetesObject | undefined): Readonly<Record<string, string>> {
  return (object?.['data'] ?? {}) as Record<string, string>;
}

function allowedPorts(policy: KubernetesObject): number[] {
  const ports: number[] = [];
  walk(policy['spec'], ({ port }) => typeof port === 'number' && ports.push(port));
  return ports;
}

/** What a process takes at most to stop, beyond its drain time. */
function stopTimeout_s(): number {
  const source = readFileSync(join(import.meta.dirname, '../src/cli/serve.ts'), 'utf8');
  const [, ms = ''] = /STOP_TIMEOUT_MS = ([\d_]+);/.exec(source) ?? [];
  return Number(ms.replaceAll('_', '')) / 1000;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://db.data.svc/freshbytes?sslmode=verify-full',
  REDIS_URL: 'rediss://redis.data.svc',
  SMTP_URL: 'smtps://smtp.freshbytes.ph',
  // An Ed25519 key of nobody.
  JWT_PRIVATE_KEYS: makePrivateKey(),
};

function exampleOf(secret: string): string {
  return EXAMPLES[secret] ?? 'abcdefghijklmnopqrstuvwxyz0123456789';
}
