// Three PostgreSQL servers under Patroni and etcd, HAProxy in front of them, and PgBouncer for those who want it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { renderFile, type Settings } from '../../ops/ha/render.ts';
import { waitUntil } from '../../src/db/embedded/wait.ts';
import type { Machine, Program } from './machine.ts';
import { programPath } from './programs.ts';
import { HOST, type Layout, NODES, type NodeName } from './settings.ts';

const OPS = join(import.meta.dirname, '../../ops/ha');
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;

export interface DatabaseCluster {
  /** Of the leader, whichever it is, through HAProxy. */
  readonly url: string;
  /** The same through PgBouncer. */
  readonly pooledUrl: string;
  /** Of one server, as the superuser. */
  urlOf(node: NodeName): string;
  findLeader(): Promise<NodeName | undefined>;
  /** Ends Patroni and PostgreSQL of a server without a word, as a power cut would. */
  kill(node: NodeName): Promise<void>;
  start(node: NodeName): void;
  /** Runs `patronictl` as an operator does. @returns what it printed */
  control(args: readonly string[]): string;
  /** Resolves once there is a leader with a synchronous standby, and every server that runs follows it. */
  whenWhole(): Promise<void>;
}

export async function startDatabaseCluster(
  machine: Machine,
  layout: Layout,
): Promise<DatabaseCluster> {
  const running = new Map<NodeName, Program>();
  await startEtcd(machine, layout);
  for (const node of NODES) prepareNode(machine, layout, node);
  const start = (node: NodeName) => {
    running.set(
      node,
      machine.start({
        name: node,
        program: programPath('patroni'),
        args: [join(machine.folder, `${node}.yml`)],
      }),
    );
  };
  const kill = async (node: NodeName) => {
    await running.get(node)?.end('SIGKILL');
    await endPostgres(machine, node, 'SIGKILL');
  };
  machine.defer(async () => {
    for (const [node, patroni] of running) {
      await patroni.end('SIGKILL');
      // Not killed: it takes its shared memory with it.
      await endPostgres(machine, node, 'SIGQUIT');
    }
  });
  for (const node of NODES) start(node);
  const whenWhole = () =>
    machine.until(
      'PostgreSQL has a leader and followers',
      async () =>
        isWhole(
          await listMembers(layout),
          [...running.values()].filter((it) => it.isRunning()).length,
        ),
      START_TIMEOUT_MS,
    );
  await whenWhole();
  startProxies(machine, layout);
  const { passwords, leader_port, pooler_port, nodes } = layout;
  const superuserUrl = (port: number, database: string) =>
    `postgres://postgres:${passwords.superuser}@${HOST}:${port}/${database}`;
  const urlAt = (port: number) =>
    `postgres://freshbytes:${passwords.freshbytes}@${HOST}:${port}/freshbytes`;
  const whenWritable = (what: string, url: string) =>
    machine.until(what, () => alwaysTakesWrites(url), START_TIMEOUT_MS);
  await whenWritable('HAProxy knows the leader', superuserUrl(leader_port, 'postgres'));
  createDatabase(layout);
  await whenWritable('PgBouncer lets the application in', urlAt(pooler_port));
  return {
    url: urlAt(leader_port),
    pooledUrl: urlAt(pooler_port),
    urlOf: (node) => superuserUrl(nodes[node].port, 'freshbytes'),
    findLeader: async () => (await listMembers(layout)).find(({ role }) => role === 'leader')?.name,
    kill,
    start,
    control: (args) => control(machine, args),
    whenWhole,
  };
}

async function startEtcd(machine: Machine, { shared, etcd }: Layout): Promise<void> {
  const settings: Settings = {
    ...shared,
    NODE_NAME: 'etcd1',
    ETCD_DIR: machine.makeFolder('etcd1'),
    ETCD_CLIENT_PORT: etcd.client_port,
    ETCD_PEER_PORT: etcd.peer_port,
    ETCD_MEMBERS: `etcd1=http://${HOST}:${etcd.peer_port}`,
  };
  const path = machine.write('etcd1.yml', renderFile('etcd.yml', settings));
  machine.start({ name: 'etcd1', program: programPath('etcd'), args: ['--config-file', path] });
  const isWell = () => isOk(`http://${HOST}:${etcd.client_port}/health`);
  await machine.until('etcd answers', isWell, START_TIMEOUT_MS);
}

function prepareNode(machine: Machine, { shared, nodes }: Layout, node: NodeName): void {
  const { port, rest_port } = nodes[node];
  const settings: Settings = {
    ...shared,
    NODE_NAME: node,
    POSTGRES_PORT: port,
    REST_PORT: rest_port,
    POSTGRES_DIR: machine.makeFolder(`${node}-data`),
    RUN_DIR: machine.makeFolder(`${node}-run`),
  };
  machine.write(`${node}.yml`, renderFile('patroni.yml', settings));
}

function startProxies(machine: Machine, { shared }: Layout): void {
  const haproxy = machine.write('haproxy.cfg', renderFile('haproxy.cfg', shared));
  const proxyArgs = ['-db', '-f', haproxy];
  machine.start({ name: 'haproxy', program: programPath('haproxy'), args: proxyArgs });
  const users = machine.write('userlist.txt', renderFile('userlist.txt', shared));
  const settings = { ...shared, POOLER_USERS: users };
  const pooler = machine.write('pgbouncer.ini', renderFile('pgbouncer.ini', settings));
  machine.start({ name: 'pgbouncer', program: programPath('pgbouncer'), args: [pooler] });
}

function createDatabase({ passwords, leader_port }: Layout): void {
  const url = `postgres://postgres@${HOST}:${leader_port}/postgres`;
  const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', join(OPS, 'database.sql'), url];
  const made = spawnSync(programPath('psql'), args, {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      PGPASSWORD: passwords.superuser,
      FRESHBYTES_PASSWORD: passwords.freshbytes,
    },
  });
  if (made.status !== 0) throw new Error(`the database could not be made: ${made.stderr}`);
}

function control({ folder }: Machine, args: readonly string[]): string {
  const path = join(folder, `${NODES[0]}.yml`);
  const done = spawnSync(programPath('patronictl'), ['-c', path, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
  });
  if (done.status === 0) return done.stdout;
  throw new Error(`patronictl ${args.join(' ')}: ${done.stdout}${done.stderr}`);
}

interface Member {
  readonly name: NodeName;
  readonly role: string;
  readonly state: string;
}

/** As the first server that answers sees them; none where none does. */
async function listMembers({ nodes }: Layout): Promise<readonly Member[]> {
  for (const name of NODES) {
    const signal = AbortSignal.timeout(1_000);
    const url = `http://${HOST}:${nodes[name].rest_port}/cluster`;
    const answer = await fetch(url, { signal }).catch(() => undefined);
    if (answer?.ok) return ((await answer.json()) as { members: Member[] }).members;
  }
  return [];
}

function isWhole(members: readonly Member[], running: number): boolean {
  const active = members.filter(({ state }) => state === 'running' || state === 'streaming');
  return (
    active.length === running && ['leader', 'sync_standby'].every((role) => hasRole(active, role))
  );
}

function hasRole(members: readonly Member[], role: string): boolean {
  return members.some((member) => member.role === role);
}

/** Patroni may be dead, and its PostgreSQL goes on: nobody else would end it. */
async function endPostgres(
  machine: Machine,
  node: NodeName,
  signal: NodeJS.Signals,
): Promise<void> {
  const path = join(machine.folder, `${node}-data`, 'postmaster.pid');
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8').split('\n', 1)[0]);
  if (!sendSignal(pid, signal)) return;
  if (!(await waitUntil(() => !sendSignal(pid, 0), STOP_TIMEOUT_MS))) sendSignal(pid, 'SIGKILL');
}

/** @returns whether there is such a process */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

async function isOk(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  return answer?.ok === true;
}

/** A proxy that has just started takes every server for the leader, in turn, until it has checked it. */
async function alwaysTakesWrites(url: string): Promise<boolean> {
  const answers = await Promise.all(NODES.map(() => takesWrites(url)));
  return answers.every((isWritable) => isWritable);
}

async function takesWrites(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  // The question below fails too.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('SELECT WHERE NOT pg_is_in_recovery()');
    return rows.length > 0;
  } catch {
    // Nobody leads yet, or no proxy knows.
    return false;
  } finally {
    client.end().catch(() => {});
  }
}
