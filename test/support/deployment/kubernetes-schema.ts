// What a cluster would refuse in an object, by Kubernetes' published schemas: wrong types, missing members, and members that
// do not exist, which the schemas allow and `kubectl apply --validate=strict` does not.
import type { KubernetesObject } from './kustomize.ts';

interface Model {
  new (data: object): object;
  readonly prototype: { validate(this: object): void };
}

/** @returns a sentence for each fault */
export async function schemaFaults(object: KubernetesObject): Promise<string[]> {
  const { apiVersion, kind } = object;
  const found = await findModels(apiVersion, kind);
  const model = found?.[kind];
  if (model === undefined) return [`${apiVersion} ${kind} does not exist`];
  const unread = new Set<string>();
  try {
    // The schema asks for every member that it knows: what it never asks for is unknown.
    model.prototype.validate.call(watch(new model(object), '', unread));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return [...unread].map((path) => `${path} is unknown`);
}

/** Packages of the schemas, by API group. Kubernetes' own are all in one. */
const PACKAGES: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'postgresql.cnpg.io': '@kubernetes-models/cloudnative-pg',
};

/** A module of the package for each kind; undefined where there is no such kind. */
async function findModels(
  apiVersion: string,
  kind: string,
): Promise<Record<string, Model> | undefined> {
  const [group = ''] = apiVersion.split('/');
  const name = `${PACKAGES[group] ?? 'kubernetes-models'}/${apiVersion}/${kind}`;
  try {
    return (await import(name)) as Record<string, Model>;
  } catch (error) {
    const isAbsent = error instanceof Error && error.message.includes(kind);
    if (isAbsent) return undefined;
    throw error;
  }
}

/** The same tree; `unread` holds the path of each member that nobody has asked for yet. */
function watch(node: object, path: string, unread: Set<string>): object {
  for (const key of Object.keys(node)) unread.add(`${path}/${key}`);
  const watched = new Map<string, object>();
  return new Proxy(node, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key !== 'string') return value;
      const place = `${path}/${key}`;
      unread.delete(place);
      if (typeof value !== 'object' || value === null) return value;
      const known = watched.get(key) ?? watch(value, place, unread);
      watched.set(key, known);
      return known;
    },
  });
}
