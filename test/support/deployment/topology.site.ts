// Where the services of compose.yaml are when they run as processes of this machine: ports, folders and secrets.
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../../../scripts/free-port.ts';
import type { Compose, Service } from './compose.ts';

const ROOT = join(import.meta.dirname, '../../..');
export const SECRETS_DIR = '/run/secrets';

export interface Site {
  readonly compose: Compose;
  readonly folder: string;
  /** Local port by `<service>:<port in its container>`. */
  readonly ports: ReadonlyMap<string, number>;
  readonly stack: AsyncDisposableStack;
}

export async function choosePorts(mail: number, names: number): Promise<Map<string, number>> {
  const chosen = new Map([
    ['mail:1025', mail],
    ['127.0.0.11:53', names],
  ]);
  const wanted = ['postgres:5432', 'valkey:6379', 'api:8000', 'worker:8001'];
  for (const name of [...wanted, 'proxy:8000', 'proxy:8080', 'proxy:8443'])
    chosen.set(name, await findFreePort());
  return chosen;
}

export function portOf({ ports }: Site, name: string): number {
  const port = ports.get(name);
  if (port === undefined) throw new Error(`nothing listens on ${name}`);
  return port;
}

/** By the script that operators run. The addresses in URLs are then those of here. */
export async function makeSecrets(site: Site): Promise<void> {
  const folder = join(site.folder, 'secrets');
  const made = spawnSync(join(ROOT, 'ops/compose/make-secrets.sh'), [folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  for (const name of ['database_owner_url', 'database_app_url', 'redis_url', 'smtp_url']) {
    const path = join(folder, name);
    await chmod(path, 0o644);
    await writeFile(path, withLocalAddresses(site, await readFile(path, 'utf8')));
  }
}

function withLocalAddresses({ ports }: Site, text: string): string {
  return [...ports].reduce(
    (all, [name, port]) => all.replace(new RegExp(`(^|[@/])${name}(?!\\d)`), `$1127.0.0.1:${port}`),
    text,
  );
}

export function serviceOf({ compose }: Site, name: string): Service {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
}

/** A service sees the secrets that it names, and no others. */
export async function mountSecrets(site: Site, name: string): Promise<void> {
  const { folder, compose } = site;
  const mounts = join(folder, 'mounts', name);
  await mkdir(mounts, { recursive: true });
  for (const secret of compose.services[name]?.secrets ?? []) {
    const file = compose.secrets[secret]?.file.replace(
      /^ops\/compose\/(?:demo-)?secrets/,
      join(folder, 'secrets'),
    );
    if (file === undefined) throw new Error(`no secret ${secret}`);
    await cp(file, join(mounts, secret));
  }
}

/** A value with the folders of its container where they are here. */
export function localise(site: Site, name: string, value: string): string {
  const mounts = (serviceOf(site, name).volumes ?? [])
    .map((volume) => volume.split(':'))
    .filter(([source = '']) => source.startsWith('./'))
    .map(([source = '', target = '']) => [target, join(ROOT, source)] as const);
  return [...mounts, [SECRETS_DIR, join(site.folder, 'mounts', name)] as const].reduce(
    (text, [there, here]) => text.replace(there, here),
    value,
  );
}

export function localEnvironment(site: Site, name: string): Record<string, string> {
  const given = Object.entries(serviceOf(site, name).environment ?? {});
  return Object.fromEntries(
    given.map(([key, value]) => [key, localise(site, name, String(value))]),
  );
}
