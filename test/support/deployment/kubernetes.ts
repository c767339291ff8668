// What Kustomize makes of ops/kubernetes, and ways to find things in it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { type KubernetesObject, kustomize, walk } from './kustomize.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const FOLDER = join(ROOT, 'ops/kubernetes');
export const OVERLAYS = [
  'staging',
  'production',
  'production-ingress',
  'production-cloudnative-pg',
] as const;

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: object;
  readonly resources: {
    readonly requests: { readonly cpu: string; readonly memory: string };
    readonly limits: { readonly memory: string };
  };
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

interface Spread {
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly matchLabelKeys: readonly string[];
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly automountServiceAccountToken: boolean;
  readonly serviceAccountName: string;
  readonly securityContext: object;
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: readonly Spread[];
  readonly volumes: readonly { readonly name: string }[];
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

export function overlay(name: string): KubernetesObject[] {
  return kustomize(join(FOLDER, 'overlays', name));
}

/** What `use` makes of a folder that holds production with one component more. */
export function withComponent<Result>(name: string, use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'freshbytes-overlay-'));
  try {
    const path = (below: string) => relative(folder, join(FOLDER, below));
    const layer = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: 'freshbytes-production',
      resources: [path('overlays/production')],
      components: [path(`components/${name}`)],
    };
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(layer));
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws Error where there is none */
export function getObject(
  objects: readonly KubernetesObject[],
  kind: string,
  name: string,
): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

export function namesOf(objects: readonly KubernetesObject[], kind: string): string[] {
  return objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
}

/** Of a Deployment, a Job or a CronJob. */
export function templateOf(object: KubernetesObject): PodTemplate {
  const spec = object['spec'] as {
    template?: PodTemplate;
    jobTemplate?: { spec: { template: PodTemplate } };
  };
  const template = spec.template ?? spec.jobTemplate?.spec.template;
  if (template === undefined) throw new Error(`${object.metadata.name} makes no pods`);
  return template;
}

export function podOf(object: KubernetesObject): PodSpec {
  return templateOf(object).spec;
}

/** All that makes pods. */
export function workloadsOf(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.filter(({ kind }) => ['Deployment', 'Job', 'CronJob'].includes(kind));
}

export function containersOf({ initContainers = [], containers }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}

/** Settings of the ConfigMap, which all processes get. */
export function settingsOf(objects: readonly KubernetesObject[]): Record<string, string> {
  const found = objects.find(({ kind }) => kind === 'ConfigMap');
  return (found?.['data'] ?? {}) as Record<string, string>;
}

/** Secrets that a pod mounts as files, by the Secret; undefined stands for all of its keys. */
export function mountedSecrets(
  pod: PodSpec,
): Map<string, { key: string; path: string }[] | undefined> {
  const mounted = new Map<string, { key: string; path: string }[] | undefined>();
  walk(pod.volumes, ({ secret }) => {
    if (secret === undefined) return;
    const {
      name,
      secretName = name,
      items,
    } = secret as {
      name?: string;
      secretName?: string;
      items?: { key: string; path: string }[];
    };
    mounted.set(secretName ?? '', items);
  });
  return mounted;
}

/** A whole number that a source file gives a constant. */
export function constantOf(path: string, name: string): number {
  const source = readFileSync(join(ROOT, path), 'utf8');
  const [, digits] = new RegExp(`\\b${name}(?: =|:) ([\\d_]+)\\b`).exec(source) ?? [];
  if (digits === undefined) throw new Error(`${path} has no ${name}`);
  return Number(digits.replaceAll('_', ''));
}
