// What `kubectl kustomize` makes of a folder: as many of Kustomize's features as ours use, and an error for any other.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Readonly<Record<string, string>>;
  };
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
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly images?: readonly {
    readonly name: string;
    readonly newName?: string;
    readonly newTag?: string;
  }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly Patch[];
}

interface Patch {
  /** Without a name, all of that kind. */
  readonly target: { readonly kind: string; readonly name?: string };
  readonly patch: string;
}

interface Operation {
  readonly op: 'add' | 'replace' | 'remove' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

const KNOWN = [
  ...['apiVersion', 'kind', 'namespace', 'resources', 'components', 'configMapGenerator'],
  ...['labels', 'images', 'replicas', 'patches'],
];
const CLUSTER_WIDE = ['Namespace'];
const HASH_LENGTH = 10;

/** @throws Error naming what is not understood, or a target that nothing meets */
export function kustomize(folder: string): KubernetesObject[] {
  return withHashedNames(build(folder, []));
}

/** A component changes what the layer that names it has by then, which is `objects`. */
function build(folder: string, objects: KubernetesObject[]): KubernetesObject[] {
  const layer = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  for (const key of Object.keys(layer))
    if (!KNOWN.includes(key)) throw new Error(`${folder}: ${key} is not understood`);
  for (const path of layer.resources ?? []) objects.push(...load(join(folder, path)));
  for (const path of layer.components ?? []) build(join(folder, path), objects);
  for (const generator of layer.configMapGenerator ?? []) generate(objects, generator);
  for (const { name, count } of layer.replicas ?? [])
    (get(objects, 'Deployment', name)['spec'] as { replicas: number }).replicas = count;
  for (const patch of layer.patches ?? []) change(objects, patch);
  for (const { pairs } of layer.labels ?? [])
    for (const { metadata } of objects) metadata.labels = { ...metadata.labels, ...pairs };
  for (const image of layer.images ?? []) rename(objects, image);
  for (const { kind, metadata } of objects)
    if (layer.namespace !== undefined && !CLUSTER_WIDE.includes(kind))
      metadata.namespace = layer.namespace;
  return objects;
}

function load(path: string): KubernetesObject[] {
  if (statSync(path).isDirectory()) return build(path, []);
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

function change(objects: KubernetesObject[], { target, patch }: Patch): void {
  const met = objects.filter(
    ({ kind, metadata }) =>
      kind === target.kind && [undefined, metadata.name].includes(target.name),
  );
  if (met.length === 0) throw new Error(`there is no ${target.kind} ${target.name}`);
  const content = parse(patch) as Operation[] | { $patch?: string };
  if (Array.isArray(content)) {
    for (const object of met) for (const operation of content) apply(object, operation);
    return;
  }
  if (content.$patch !== 'delete') throw new Error(`this patch is not understood: ${patch}`);
  for (const object of met) objects.splice(objects.indexOf(object), 1);
}

/** One operation of RFC 6902. */
function apply(object: KubernetesObject, { op, path, value }: Operation): void {
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((node, key) => memberOf(node, key, path), object);
  const present = op === 'add' ? undefined : memberOf(parent, last, path);
  if (op === 'test' && !isDeepStrictEqual(present, value))
    throw new Error(`${path} is ${JSON.stringify(present)}`);
  if (op === 'test') return;
  if (Array.isArray(parent) && op !== 'replace') {
    if (op === 'remove') parent.splice(Number(last), 1);
    else parent.splice(last === '-' ? parent.length : Number(last), 0, value);
    return;
  }
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
