// What the files of ops/ha are filled in with: the example's three machines, with passwords and folders of this run.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Settings } from '../../../ops/ha/settings.ts';
import { HOSTS, type NodeName } from './hosts.ts';
import type { Machine } from './machine.ts';
import { postgresFolder } from './programs.ts';

export const OPS = join(import.meta.dirname, '../../../ops/ha');
export const API_PORTS = [8001, 8002] as const;
const PASSWORD_BYTES = 24;

export interface Layout {
  readonly shared: Settings;
  readonly passwords: Readonly<Record<'superuser' | 'freshbytes' | 'redis', string>>;
  /** One of the settings, which the example has for certain. */
  portOf(name: `${string}_PORT`): number;
}

export function planLayout(): Layout {
  const example = parseEnv(readFileSync(join(OPS, 'example.env'), 'utf8'));
  const secrets = Object.keys(example).filter((name) => name.endsWith('_PASSWORD'));
  const made = Object.fromEntries(secrets.map((name) => [name, makePassword()]));
  const shared: Settings = {
    ...example,
    ...made,
    POSTGRES_BIN_DIR: postgresFolder(),
    // A watchdog would reset the machine that the drill runs on.
    WATCHDOG_MODE: 'off',
  };
  const passwordOf = (name: string) => made[name] ?? '';
  return {
    shared,
    passwords: {
      superuser: passwordOf('SUPERUSER_PASSWORD'),
      freshbytes: passwordOf('FRESHBYTES_PASSWORD'),
      redis: passwordOf('REDIS_PASSWORD'),
    },
    portOf: (name) => Number(shared[name]),
  };
}

/** What the files of one of the three are filled in with. */
export function settingsOf(machine: Machine, layout: Layout, node: NodeName): Settings {
  return {
    ...layout.shared,
    NODE_NAME: node,
    NODE_HOST: HOSTS[node],
    POSTGRES_DIR: machine.folderOf(`${node}-postgres`),
    RUN_DIR: machine.folderOf(`${node}-run`),
    ETCD_DIR: machine.folderOf(`${node}-etcd`),
    REDIS_DIR: machine.folderOf(`${node}-redis`),
    SENTINEL_DIR: machine.folderOf(`${node}-sentinel`),
  };
}

function makePassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('hex');
}
