// Three machines with PostgreSQL, Patroni and a member of etcd each; where the clients are, HAProxy, and PgBouncer for those
// who want it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { renderFile } from '../../../ops/ha/render.ts';
import { CLIENTS, HOSTS, NODES, type NodeName } from './hosts.ts';
import type { Machine } from './machine.ts';
import { programPath } from './programs.ts';
import { type Layout, OPS, settingsOf } from './settings.ts';

const START_TIMEOUT_MS = 300_000;
/** A server whose data must be made anew takes its time. */
const SETTLE_TIMEOUT_MS = 600_000;
const ANSWER_TIMEOUT_MS = 5_000;

export interface Roles {
  readonly leader: NodeName;
  /** That has every acknowledged commit. */
  readonly standby: NodeName;
  readonly timeline: number;
}

export interface DatabaseCluster {
  /** Of the leader, whichever it is, through HAProxy. */
  readonly url: string;
  /** The same through PgBouncer. */
  readonly pooledUrl: string;
  /** Of one server, as the superuser. */
  urlOf(node: NodeName): string;
  /** Runs `patronictl` as an operator does. @returns what it printed */
  control(args: readonly string[]): string;
  /** Resolves once all three Patroni agree on a leader, a synchronous standby and a third, of one timeline. */
  whenWhole(): Promise<Roles>;
}

export async function startDatabaseCluster(
  machine: Machine,
  layout: Layout,
): Promise<DatabaseCluster> {
  for (const node of NODES) startEtcd(machine, layout, node);
  await machine.until('etcd answers', () => isEtcdWell(layout), START_TIMEOUT_MS);
  for (const node of NODES) startPatroni(machine, layout, node);
  const { passwords, portOf } = layout;
  const whenWhole = async () => {
    let roles: Roles | undefined;
    const isWhole = async () => {
      if (!(await isEtcdWell(layout))) return false;
      roles = await findRoles(portOf('REST_PORT'));
      return roles !== undefined;
    };
    await machine.until('PostgreSQL has a leader and followers', isWhole, SETTLE_TIMEOUT_MS);
    if (roles === undefined) throw new Error('nobody leads');
    return roles;
  };
  await whenWhole();
  startProxies(machine, layout);
  const superuserUrl = (host: string, port: number, database: string) =>
    `postgres://postgres:${passwords.superuser}@${host}:${port}/${database}`;
  const urlAt = (port: number) =>
    `postgres://freshbytes:${passwords.freshbytes}@${HOSTS[CLIENTS]}:${port}/freshbytes`;
  const whenWritable = (what: string, url: string) =>
    machine.until(what, () => alwaysTakesWrites(url), START_TIMEOUT_MS);
  const first = superuserUrl(HOSTS[CLIENTS], portOf('LEADER_PORT'), 'postgres');
  await whenWritable('HAProxy knows the leader', first);
  createDatabase(layout);
  const pooledUrl = urlAt(portOf('POOLER_PORT'));
  await whenWritable('PgBouncer lets the application in', pooledUrl);
  return {
    url: urlAt(portOf('LEADER_PORT')),
    pooledUrl,
    urlOf: (node) => superuserUrl(HOSTS[node], portOf('POSTGRES_PORT'), 'freshbytes'),
    control: (args) => control(machine, args),
    whenWhole,
  };
}

function startEtcd(machine: Machine, layout: Layout, node: NodeName): void {
  const name = `${node}-etcd`;
  const settings = settingsOf(machine, layout, node);
  const path = machine.write(`${name}.yml`, renderFile('etcd.yml', settings));
  const args = ['--config-file', path];
  machine.start({ name, host: node, program: programPath('etcd'), args });
}

function startPatroni(machine: Machine, layout: Layout, node: NodeName): void {
  const settings = settingsOf(machine, layout, node);
  const path = machine.write(`${node}.yml`, renderFile('patroni.yml', settings));
  machine.start({ name: node, host: node, program: programPath('patroni'), args: [path] });
}

function startProxies(machine: Machine, { shared }: Layout): void {
  const settings = { ...shared, NODE_HOST: HOSTS[CLIENTS] };
  const start = (name: 'haproxy' | 'pgbouncer', args: readonly string[]) =>
    machine.start({ name, host: CLIENTS, program: programPath(name), args });
  const haproxy = machine.write('haproxy.cfg', renderFile('haproxy.cfg', settings));
  start('haproxy', ['-db', '-f', haproxy]);
  const users = machine.write('userlist.txt', renderFile('userlist.txt', settings));
  const ini = renderFile('pgbouncer.ini', { ...settings, POOLER_USERS: users });
  start('pgbouncer', [machine.write('pgbouncer.ini', ini)]);
}

function createDatabase({ passwords, portOf }: Layout): void {
  const url = `postgres://postgres@${HOSTS[CLIENTS]}:${portOf('LEADER_PORT')}/postgres`;
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
  readonly timeline?: number;
}

/** As all three see them; undefined where one does not answer, or sees what another does not. */
async function findRoles(port: number): Promise<Roles | undefined> {
  const views = await Promise.all(NODES.map((node) => rolesAsSeen(node, port)));
  const [first] = views;
  const areAgreed = views.every((it) => JSON.stringify(it) === JSON.stringify(first));
  return areAgreed ? first : undefined;
}

async function rolesAsSeen(node: NodeName, port: number): Promise<Roles | undefined> {
  const answer = await get(`http://${HOSTS[node]}:${port}/cluster`);
  if (answer === undefined) return undefined;
  const { members } = JSON.parse(answer) as { members: Member[] };
  const active = members.filter(({ state }) => state === 'running' || state === 'streaming');
  const leader = active.find(({ role }) => role === 'leader');
  const standby = active.find(({ role }) => role === 'sync_standby');
  const isOne = active.every(({ timeline }) => timeline === leader?.timeline);
  if (active.length < NODES.length || !isOne || leader?.timeline === undefined) return undefined;
  return standby && { leader: leader.name, standby: standby.name, timeline: leader.timeline };
}

async function isEtcdWell({ portOf }: Layout): Promise<boolean> {
  const port = portOf('ETCD_CLIENT_PORT');
  const answers = await Promise.all(
    NODES.map((node) => get(`http://${HOSTS[node]}:${port}/health`)),
  );
  return answers.every((answer) => answer?.includes('"true"'));
}

/** @returns the body; undefined where there is none, or not in time */
async function get(url: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  return fetch(url, { signal })
    .then((answer) => (answer.ok ? answer.text() : undefined))
    .catch(() => undefined);
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
