// What `kubectl kustomize` makes of a folder: as many of Kustomize's features as ours use, and an error for any other.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  readonly [member: string]: unknown;
}

interface Generator {
  readonly name: string;
  readonly behavior?: 'merge';
  readonly literals: readonly string[];
}

interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly resources: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly images?: readonly {
    readonly name: string;
    readonly newName?: string;
    readonly newTag?: string;
  }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly {
    readonly target: { readonly kind: string; readonly name: string };
    readonly patch: string;
  }[];
}

interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

const KNOWN = [
  ...['apiVersion', 'kind', 'namespace', 'resources', 'configMapGenerator'],
  ...['labels', 'images', 'replicas', 'patches'],
];
const CLUSTER_WIDE = ['Namespace'];
const HASH_LENGTH = 10;

/** @throws Error naming what is not understood, or a target that nothing meets */
export function kustomize(folder: string): KubernetesObject[] {
  return withHashedNames(build(folder));
}

function build(folder: string): KubernetesObject[] {
  const layer = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  for (const key of Object.keys(layer))
    if (!KNOWN.includes(key)) throw new Error(`${folder}: ${key} is not understood`);
  const objects = layer.resources.flatMap((path) => load(join(folder, path)));
  for (const generator of layer.configMapGenerator ?? []) generate(objects, generator);
  for (const { name, count } of layer.replicas ?? [])
    (get(objects, 'Deployment', name)['spec'] as { replicas: number }).replicas = count;
  for (const { target, patch } of layer.patches ?? [])
    for (const operation of parse(patch) as Operation[])
      apply(get(objects, target.kind, target.name), operation);
  for (const { pairs } of layer.labels ?? [])
    for (const { metadata } of objects) metadata.labels = { ...metadata.labels, ...pairs };
  for (const image of layer.images ?? []) rename(objects, image);
  for (const { kind, metadata } of objects)
    if (layer.namespace !== undefined && !CLUSTER_WIDE.includes(kind))
      metadata.namespace = layer.namespace;
  return objects;
}

function load(path: string): KubernetesObject[] {
  if (statSync(path).isDirectory()) return build(path);
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}`);
    return document.toJS() as KubernetesObject;
  });
}

function get(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

function generate(objects: KubernetesObject[], { name, behavior, literals }: Generator): void {
  const pairs = literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2));
  const data = Object.fromEntries(pairs) as Record<string, string>;
  if (behavior === 'merge') Object.assign(get(objects, 'ConfigMap', name)['data'] as object, data);
  else objects.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

/** One operation of RFC 6902. */
function apply(object: KubernetesObject, { op, path, value }: Operation): void {
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((node, key) => memberOf(node, key, path), object);
  if (op !== 'add') memberOf(parent, last, path);
  const holder = parent as Record<string, unknown>;
  if (op === 'remove') delete holder[last];
  else holder[last] = value;
}

function memberOf(node: unknown, key: string, path: string): unknown {
  if (typeof node === 'object' && node !== null && key in node)
    return (node as Record<string, unknown>)[key];
  throw new Error(`${path} leads nowhere`);
}

function rename(
  objects: readonly KubernetesObject[],
  { name, newName = name, newTag }: { name: string; newName?: string; newTag?: string },
): void {
  walk(objects, (node) => {
    if (typeof node['image'] !== 'string') return;
    const [image = '', tag] = node['image'].split(/:(?=[^/]*$)/);
    if (image !== name) return;
    const wanted = newTag ?? tag;
    node['image'] = wanted === undefined ? newName : `${newName}:${wanted}`;
  });
}

/** A changed ConfigMap is another one, so that pods are replaced when a setting changes. */
function withHashedNames(objects: KubernetesObject[]): KubernetesObject[] {
  for (const { kind, metadata, ...rest } of objects) {
    if (kind !== 'ConfigMap') continue;
    const plain = metadata.name;
    const digest = createHash('sha256').update(JSON.stringify(rest)).digest('hex');
    metadata.name = `${plain}-${digest.slice(0, HASH_LENGTH)}`;
    walk(objects, (node) => {
      const reference = node['configMapRef'] as { name: string } | undefined;
      if (reference?.name === plain) reference.name = metadata.name;
    });
  }
  return objects;
}

/** Every mapping in the tree. */
export function walk(node: unknown, visit: (mapping: Record<string, unknown>) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node as Record<string, unknown>);
  for (const child of Object.values(node)) walk(child, visit);
}
