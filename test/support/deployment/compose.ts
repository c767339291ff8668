// compose.yaml as Docker Compose reads it: the files merged, their variables filled in. As much of it as ours use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type CollectionTag, parse, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml';

const ROOT = join(import.meta.dirname, '../../..');
const VARIABLE = /\$\{(\w+)(?:(:-|:\?)([^}]*))?\}/g;

export interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly env_file?: readonly (string | { readonly path: string; readonly required: boolean })[];
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[] | Readonly<Record<string, { ipv4_address?: string }>>;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: {
    readonly test?: readonly string[];
    readonly disable?: boolean;
    readonly interval?: string;
    readonly start_interval?: string;
  };
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy: {
    readonly replicas?: number;
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } };
  };
}

export interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<
    Record<
      string,
      {
        readonly internal?: boolean;
        readonly ipam?: { readonly config: readonly { readonly subnet: string }[] };
      }
    >
  >;
  readonly volumes: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** Beside compose.yaml: what an operator sets. Never read here, because it is whatever this machine has. */
const DOT_ENV = '.env';

export interface Given {
  /** For the variables of the files, as a shell or `.env` gives them. */
  readonly env?: Readonly<Record<string, string>>;
  /** What `.env` holds for the containers. */
  readonly dotEnv?: Readonly<Record<string, string>>;
}

/**
 * @param files below the repository's root, the later ones on top
 * @returns each service's `environment` with its `env_file` beneath
 * @throws Error where a variable must be set
 */
export function readCompose(
  files: readonly string[],
  { env = {}, dotEnv = {} }: Given = {},
): Compose {
  const documents = files.map((file) =>
    fillIn(
      parse(readFileSync(join(ROOT, file), 'utf8'), { merge: true, customTags: [...TAGS] }),
      env,
    ),
  );
  for (const [key, value] of documents.flatMap((document) => Object.entries(document as object)))
    if (key.startsWith('x-') && hasReplacement(value))
      throw new Error(`Compose ignores !reset and !override in what \`<<\` brings: ${key}`);
  const compose = documents.reduce((below, above) => merge(below, above)) as Compose;
  const services = Object.entries(compose.services).map(([name, service]) => {
    const environment = { ...settingsOfFiles(service, dotEnv), ...service.environment };
    return [name, { ...service, environment }];
  });
  return { ...compose, services: Object.fromEntries(services) };
}

function settingsOfFiles({ env_file = [] }: Service, dotEnv: Given['dotEnv']): object {
  const contents = env_file.map((entry) => {
    const path = typeof entry === 'string' ? entry : entry.path;
    if (path === DOT_ENV) return dotEnv;
    // What need not be there is of the operator too.
    return typeof entry === 'string' ? parseEnv(readFileSync(join(ROOT, path), 'utf8')) : {};
  });
  return Object.assign({}, ...contents);
}

/** A value of a file on top that takes the place of what is below (`!override`), or takes it away (`!reset`). */
class Replacement {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

const TAGS: readonly (ScalarTag | CollectionTag)[] = [
  { tag: '!reset', resolve: () => new Replacement(undefined) },
  ...[YAMLSeq, YAMLMap].flatMap((nodeClass): CollectionTag[] => {
    const collection = nodeClass === YAMLSeq ? 'seq' : 'map';
    return [
      { tag: '!reset', collection, resolve: () => new Replacement(undefined) },
      { tag: '!override', collection, resolve: (node) => new Replacement(node.toJSON()) },
    ];
  }),
];

function hasReplacement(node: unknown): boolean {
  if (node instanceof Replacement) return true;
  return typeof node === 'object' && node !== null && Object.values(node).some(hasReplacement);
}

/** By Compose's rules: mappings are merged, lists added to, and whatever else, a command too, is replaced. */
function merge(below: unknown, above: unknown, key = ''): unknown {
  if (above instanceof Replacement) return above.value;
  if (Array.isArray(below) && Array.isArray(above))
    return key === 'command' ? above : [...below, ...above];
  if (!isMapping(below) || !isMapping(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const result = merge(below[name], value, name);
    if (result === undefined) delete merged[name];
    else merged[name] = result;
  }
  return merged;
}

function fillIn(node: unknown, env: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(node)) return node.map((item) => fillIn(item, env));
  if (node instanceof Replacement) return new Replacement(fillIn(node.value, env));
  if (isMapping(node))
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, fillIn(value, env)]),
    );
  if (typeof node !== 'string') return node;
  return node.replace(VARIABLE, (_all, name: string, operator?: string, words = '') => {
    const value = env[name] || (operator === ':-' ? words : undefined);
    if (value === undefined) throw new Error(`${name} must be set: ${words}`);
    return value;
  });
}

function isMapping(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

/** Names of services, each after those that it waits for; those of `profiles` and of none. */
export function startOrder({ services }: Compose, profiles: readonly string[] = []): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const needed of Object.keys(services[name]?.depends_on ?? {})) visit(needed);
    order.push(name);
  };
  for (const [name, service] of Object.entries(services)) {
    const wanted = service.profiles ?? [];
    if (wanted.length === 0 || wanted.some((profile) => profiles.includes(profile))) visit(name);
  }
  return order;
}
