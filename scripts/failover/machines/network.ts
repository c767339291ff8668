// The network between the machines: each a namespace at one bridge, on which the proxies, the service and its customers are too.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { CLIENTS, HOSTS, type HostName, NODES, PREFIX_LENGTH } from './hosts.ts';
import { programPath } from './programs.ts';

const NAMESPACES = '/run/netns';
const BRIDGE = 'lan';
const CARD = 'eth0';
/** Nobody has this address: what is sent to it is lost without a word, as on a broken way. */
const NOBODY = '02:00:00:00:00:99';

/** Packets from the one to the other are lost. */
export type Cut = readonly [from: HostName, to: HostName];

/** In the namespaces of this process, which must be of its own. */
export function buildNetwork(): void {
  mkdirSync(NAMESPACES, { recursive: true });
  run('mount', ['-t', 'tmpfs', 'tmpfs', NAMESPACES]);
  ip('link set lo up');
  ip(`link add ${BRIDGE} type bridge`);
  ip(`address add ${HOSTS[CLIENTS]}/${PREFIX_LENGTH} dev ${BRIDGE}`);
  ip(`link set ${BRIDGE} up`);
  for (const node of NODES) {
    ip(`netns add ${node}`);
    ip(`link add ${node} type veth peer name ${CARD} netns ${node}`);
    ip(`link set ${node} master ${BRIDGE} up`);
    ip(`-n ${node} link set lo up`);
    ip(`-n ${node} address add ${HOSTS[node]}/${PREFIX_LENGTH} dev ${CARD}`);
    ip(`-n ${node} link set ${CARD} up`);
  }
}

export function cut([from, to]: Cut): void {
  ip(
    `${at(from)} neighbour replace ${HOSTS[to]} lladdr ${NOBODY} nud permanent dev ${cardOf(from)}`,
  );
}

export function restore([from, to]: Cut): void {
  ip(`${at(from)} neighbour del ${HOSTS[to]} dev ${cardOf(from)}`);
}

/** What stands before a program to start it on that machine. */
export function commandAt(host: HostName): readonly string[] {
  return host === CLIENTS ? [] : [programPath('nsenter'), `--net=${NAMESPACES}/${host}`];
}

/** All processes of a machine. */
export function processesOf(host: Exclude<HostName, typeof CLIENTS>): number[] {
  return ip(`netns pids ${host}`).split('\n').filter(Boolean).map(Number);
}

function at(host: HostName): string {
  return host === CLIENTS ? '' : `-n ${host}`;
}

function cardOf(host: HostName): string {
  return host === CLIENTS ? BRIDGE : CARD;
}

function ip(args: string): string {
  return run(programPath('ip'), args.split(' ').filter(Boolean));
}

function run(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status === 0) return done.stdout;
  throw new Error(`${program} ${args.join(' ')}: ${done.stderr || done.error?.message}`);
}
