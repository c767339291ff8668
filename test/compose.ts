// compose.yaml as Docker Compose reads it: the files merged, their variables filled in. As much of it as ours use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const VARIABLE = /\$\{(\w+)(?:(:-|:\?)([^}]*))?\}/g;

export interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
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
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy: {
    readonly replicas?: number;
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } };
  };
}

export interface Compose {
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

/** @param files below the repository's root, the later ones on top. @throws Error where a variable must be set */
export function readCompose(
  files: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Compose {
  const documents = files.map((file) =>
    fillIn(parse(readFileSync(join(ROOT, file), 'utf8'), { merge: true }), env),
  );
  return documents.reduce((below, above) => merge(below, above)) as Compose;
}

/** By Compose's rules: mappings are merged, lists added to, and whatever else, a command too, is replaced. */
function merge(below: unknown, above: unknown, key = ''): unknown {
  if (Array.isArray(below) && Array.isArray(above))
    return key === 'command' ? above : [...below, ...above];
  if (!isMapping(below) || !isMapping(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above))
    merged[name] = name in below ? merge(below[name], value, name) : value;
  return merged;
}

function fillIn(node: unknown, env: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(node)) return node.map((item) => fillIn(item, env));
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
