// ops/kubernetes: every object of each overlay, as Kustomize makes them, against the schemas of Kubernetes and of the operators
// and against what the image, the settings and the time that a process takes to stop demand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { Environment, loadConfig } from '../../../src/config.ts';
import { readDockerfile } from '../../support/deployment/dockerfile.ts';
import { runtime, wordsOf } from '../../support/deployment/image.ts';
import {
  type Container,
  constantOf,
  containersOf,
  FOLDER,
  getObject,
  mountedSecrets,
  namesOf,
  OVERLAYS,
  overlay as objectsOf,
  podOf,
  ROOT,
  settingsOf,
  templateOf,
  withComponent,
  workloadsOf,
} from '../../support/deployment/kubernetes.ts';
import { schemaFaults } from '../../support/deployment/kubernetes-schema.ts';
import { kustomize, walk } from '../../support/deployment/kustomize.ts';
import { makePrivateKey } from '../../support/private-key.ts';

const FILE_SUFFIX = '_FILE';
const SECRETS_DIR = '/run/secrets/freshbytes/';
const settings: Readonly<Record<string, object>> = Environment.properties;
const isSecret = (name: string) => 'secret' in (settings[name] ?? {});
const MAIN = readFileSync(join(ROOT, 'src/main.ts'), 'utf8');
/** Stages that are shipped, by the name of their image. */
const IMAGES = {
  'registry.example.com/freshbytes': runtime,
  'registry.example.com/freshbytes-backup': readDockerfile(
    readFileSync(join(ROOT, 'ops/docker/backup.Dockerfile'), 'utf8'),
  ).at(-1),
};

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  const objects = objectsOf(overlay);
  const find = (kind: string, name: string) => getObject(objects, kind, name);
  const config = settingsOf(objects);
  const api = podOf(find('Deployment', 'api'));
  const worker = podOf(find('Deployment', 'worker'));
  const pods = workloadsOf(objects).map(podOf);
  const containers = pods.flatMap(containersOf);

  it('holds only what Kubernetes and its extensions know', async () => {
    expect(objects.length).toBeGreaterThan(15);
    for (const object of objects)
      expect(await schemaFaults(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
  });

  it('keeps all in one namespace, which enforces the restricted profile', () => {
    const [name = ''] = overlay.split('-');
    const namespace = find('Namespace', `freshbytes-${name}`);
    expect(namespace.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const others = objects.filter((object) => object !== namespace);
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(
      new Set([namespace.metadata.name]),
    );
  });

  it('runs this version of the images, as their users, with commands that they have', () => {
    for (const pod of pods) {
      for (const { image, args } of containersOf(pod)) {
        const [name = '', tag] = image.split(':');
        expect(tag).toBe(packageJson.version);
        const stage = IMAGES[name as keyof typeof IMAGES];
        if (stage === undefined) throw new Error(`nothing builds ${name}`);
        const [uid] = (wordsOf(stage, 'USER')[0] ?? '').split(':');
        expect(pod.securityContext).toMatchObject({ runAsUser: Number(uid) });
        const commands = args[0] === 'backup' ? args : args.slice(0, 1);
        for (const word of commands) expect(MAIN).toContain(`.command('${word}'`);
      }
    }
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
    for (const object of workloadsOf(objects)) {
      const secrets = mountedSecrets(podOf(object));
      // The API and the workers get that Secret as it is: its keys are the names of the settings.
      if (object.kind === 'Deployment') expect(secrets.get('freshbytes')).toBeUndefined();
      else expect(filesOf(secrets)).toEqual(expect.arrayContaining(named));
      const others = [...secrets].filter(([secret]) => secret !== 'database-ca');
      for (const { key, path } of others.flatMap(([, items = []]) => items)) expect(path).toBe(key);
      // Whoever serves never sees what the owner may.
      expect(secrets.has('freshbytes-owner')).toBe(object.kind !== 'Deployment');
      // What takes dumps cannot read them.
      expect(secrets.has('freshbytes-backup')).toBe(object.metadata.name === 'backup-verify');
    }
    for (const { volumeMounts } of containers)
      expect(volumeMounts.map(({ mountPath }) => `${mountPath}/`)).toContain(SECRETS_DIR);
  });

  it('keeps uploads where every pod reaches them, and nothing on a volume of its own', () => {
    expect(config['STORAGE']).toBe('s3');
    for (const { volumes } of [api, worker])
      expect(volumes.map(({ name }) => name).toSorted()).toEqual(['secrets', 'temporary']);
  });

  it('checks the health of each process where it listens', () => {
    for (const [pod, variable] of [
      [api, 'PORT'],
      [worker, 'WORKER_PORT'],
    ] as const) {
      const [container] = pod.containers;
      if (container === undefined) throw new Error('a container is expected');
      expect(container.ports?.map(({ containerPort }) => containerPort)).toEqual([
        numberIn(container, variable),
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
    if (container === undefined) throw new Error('a container is expected');
    const drain_s = numberIn(container, 'DRAIN_MS') / 1000;
    const {
      periodSeconds = 0,
      timeoutSeconds = 0,
      failureThreshold = 0,
    } = container.readinessProbe ?? {};
    const stop_s = constantOf('src/cli/server/serve.ts', 'STOP_TIMEOUT_MS') / 1000;
    expect(drain_s).toBeGreaterThan((periodSeconds + timeoutSeconds) * failureThreshold);
    expect(api.terminationGracePeriodSeconds).toBeGreaterThan(drain_s + stop_s);
    expect(worker.terminationGracePeriodSeconds).toBeGreaterThan(stop_s);
    const { minReadySeconds } = find('Deployment', 'api')['spec'] as { minReadySeconds: number };
    expect(minReadySeconds).toBeGreaterThan(drain_s);
  });

  it('survives the loss of a node or a zone: spread out where there is room, never all evicted', () => {
    for (const pod of [api, worker])
      expect(pod.topologySpreadConstraints).toEqual(
        ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) =>
          expect.objectContaining({
            topologyKey,
            whenUnsatisfiable: 'ScheduleAnyway',
            matchLabelKeys: ['pod-template-hash'],
          }),
        ),
      );
    for (const name of ['api', 'worker'])
      expect(find('PodDisruptionBudget', name)['spec']).toMatchObject({
        maxUnavailable: 1,
        selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      });
  });

  it('selects pods by labels that they bear, and names objects that exist', () => {
    for (const object of workloadsOf(objects)) {
      const { selector } = object['spec'] as { selector?: { matchLabels: object } };
      const { metadata } = templateOf(object);
      expect(metadata.labels).toMatchObject(
        selector?.matchLabels ?? {
          'app.kubernetes.io/name': object.metadata.labels?.['app.kubernetes.io/name'],
        },
      );
    }
    // The public keys of dumps are made by hand, as Secrets are: docs/deployment.md.
    const names = [...objects.map(({ metadata }) => metadata.name), 'freshbytes-backup'];
    walk(objects, ({ configMapRef, claimName }) => {
      const referred = claimName ?? (configMapRef as { name: string } | undefined)?.name;
      if (referred !== undefined) expect(names).toContain(referred);
    });
  });

  it('makes the migration anew with Argo CD and Flux, in the sync that brings what it reads', () => {
    expect(find('Job', 'migrate').metadata.annotations).toEqual({
      'argocd.argoproj.io/hook': 'Sync',
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
      'kustomize.toolkit.fluxcd.io/force': 'enabled',
    });
  });
});

describe('the component helm', () => {
  const objects = withComponent('helm', kustomize);

  it('lets Helm make the migration anew before all else, and what it reads before that', () => {
    const hooks = objects.filter(({ metadata }) => metadata.annotations !== undefined);
    const orders = hooks.map(({ kind, metadata: { annotations = {} } }) => {
      expect(annotations).toMatchObject({
        'helm.sh/hook': 'pre-install,pre-upgrade',
        'helm.sh/hook-delete-policy': 'before-hook-creation',
      });
      return [kind, Number(annotations['helm.sh/hook-weight'] ?? 0)];
    });
    expect(Object.fromEntries(orders)).toEqual({ ConfigMap: -1, ServiceAccount: -1, Job: 0 });
    // What a pod of the Job refers to in this namespace is a Secret, which is made by hand, or one of these.
    const pod = podOf(getObject(objects, 'Job', 'migrate'));
    walk(pod, ({ configMapRef, claimName }) => {
      expect(claimName).toBeUndefined();
      if (configMapRef !== undefined)
        expect(namesOf(hooks, 'ConfigMap')).toContain((configMapRef as { name: string }).name);
    });
  });
});

it('the Gateway for a cluster that has none is one that Kubernetes knows', async () => {
  for (const object of kustomize(join(FOLDER, 'gateway')))
    expect(await schemaFaults(object)).toEqual([]);
});

describe('a schema', () => {
  it('refuses a member that does not exist, a missing one and a wrong type', async () => {
    const spec = {
      selector: { matchLabels: { a: 'b' } },
      template: { spec: { containers: [{ name: 'a', imag: 'b' }] } },
    };
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec };
    expect(await schemaFaults(object)).toEqual([
      '/spec/template/spec/containers/0/imag is unknown',
    ]);
    expect(await schemaFaults({ ...object, spec: { replicas: '2' } })).not.toEqual([]);
    expect(await schemaFaults({ ...object, kind: 'Deploiment' })).not.toEqual([]);
  });

  it.each([
    ['gateway.networking.k8s.io/v1', 'HTTPRoute', { rules: [{ matchs: [] }] }],
    ['monitoring.coreos.com/v1', 'ServiceMonitor', { selector: {}, endpoints: [{ prot: 'http' }] }],
    ['postgresql.cnpg.io/v1', 'Cluster', { instances: 3, storage: { siz: '1Gi' } }],
  ])('of %s knows the members of a %s', async (apiVersion, kind, spec) => {
    const faults = await schemaFaults({ apiVersion, kind, metadata: { name: 'a' }, spec });
    expect(faults).toEqual([expect.stringMatching(/(matchs|prot|siz) is unknown$/)]);
    expect(
      await schemaFaults({ apiVersion, kind, metadata: { name: 'a' }, spec: 'none' }),
    ).not.toEqual([]);
  });
});

function filesOf(secrets: ReturnType<typeof mountedSecrets>): string[] {
  return [...secrets.values()].flatMap((items = []) => items.map(({ path }) => path));
}

function numberIn({ env = [] }: Container, variable: string): number {
  return Number(env.find(({ name }) => name === variable)?.value);
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
