// What the files of ops/ha are filled in with: three machines that are one, with free ports and passwords of this run.
import { randomBytes } from 'node:crypto';
import type { Settings } from '../../ops/ha/render.ts';
import { findFreePorts } from './machine.ts';
import { POSTGRES_FOLDER } from './programs.ts';

export const HOST = '127.0.0.1';
export const NODES = ['db1', 'db2', 'db3'] as const;
export type NodeName = (typeof NODES)[number];
const PASSWORD_BYTES = 24;

export interface Layout {
  /** Of all machines. */
  readonly shared: Settings;
  readonly nodes: Readonly<Record<NodeName, { readonly port: number; readonly rest_port: number }>>;
  readonly etcd: { readonly client_port: number; readonly peer_port: number };
  readonly leader_port: number;
  readonly pooler_port: number;
  /** The first one leads. */
  readonly redis_ports: readonly [number, number];
  readonly sentinel_ports: readonly [number, number, number];
  readonly api_ports: readonly [number, number];
  readonly passwords: Readonly<Record<'superuser' | 'freshbytes' | 'redis', string>>;
}

export async function planLayout(): Promise<Layout> {
  const ports = (await findFreePorts(17)).values();
  const port = () => ports.next().value ?? 0;
  const nodes = {
    db1: { port: port(), rest_port: port() },
    db2: { port: port(), rest_port: port() },
    db3: { port: port(), rest_port: port() },
  };
  const etcd = { client_port: port(), peer_port: port() };
  const redis_ports = [port(), port()] as const;
  const passwords = {
    superuser: makePassword(),
    freshbytes: makePassword(),
    redis: makePassword(),
  };
  const leader_port = port();
  const pooler_port = port();
  return {
    shared: {
      NODE_HOST: HOST,
      CLUSTER_NETWORK: `${HOST}/32`,
      POSTGRES_BIN_DIR: POSTGRES_FOLDER,
      ETCD_HOSTS: `${HOST}:${etcd.client_port}`,
      LEADER_PORT: leader_port,
      POOLER_PORT: pooler_port,
      REDIS_FIRST_HOST: HOST,
      REDIS_FIRST_PORT: redis_ports[0],
      ...Object.fromEntries(
        NODES.flatMap((name) => [
          [name.toUpperCase(), `${HOST}:${nodes[name].port}`],
          [`${name.toUpperCase()}_REST_PORT`, nodes[name].rest_port],
        ]),
      ),
      SUPERUSER_PASSWORD: passwords.superuser,
      REPLICATION_PASSWORD: makePassword(),
      REWIND_PASSWORD: makePassword(),
      REST_PASSWORD: makePassword(),
      FRESHBYTES_PASSWORD: passwords.freshbytes,
      REDIS_PASSWORD: passwords.redis,
    },
    nodes,
    etcd,
    leader_port,
    pooler_port,
    redis_ports,
    sentinel_ports: [port(), port(), port()],
    api_ports: [port(), port()],
    passwords,
  };
}

function makePassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('hex');
}
