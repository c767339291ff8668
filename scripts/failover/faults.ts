// What is done to the clusters, one row each: `npm run drill:failover` runs them in this order.

import { CLIENTS, type HostName, NODES, type NodeName } from './machines/hosts.ts';
import type { Cut } from './machines/network.ts';

/** Who holds an office when the fault comes. */
export type Role = 'leader' | 'standby' | 'third' | 'redis';
export type Cast = Readonly<Record<Role, NodeName>>;
/** As its processes are called. */
type Program = 'postgres' | 'patroni' | 'etcd' | 'redis-server';

interface Common {
  readonly name: string;
  /** For the report. */
  readonly what: string;
  /** Seconds until it is healed, however soon orders flow again. */
  readonly hold_s: number;
  /** Whether every request must be answered all the same. */
  readonly isUnnoticed?: boolean;
  /** Whether a session ends meanwhile. */
  readonly hasLogout?: boolean;
}

/** Processes are killed, and started again to heal; or stopped, and continued. */
export interface Signalled extends Common {
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  readonly at: readonly Role[];
  /** All processes of the machine where absent. */
  readonly program?: Program;
  /** One process of that program, the youngest, and no other. */
  readonly isOne?: boolean;
}

/** Packets are lost without a word. */
export interface Severed extends Common {
  cuts(cast: Cast): readonly Cut[];
}

/** An operator does something. */
export interface Ordered extends Common {
  command(cast: Cast): readonly string[];
}

export type Fault = Signalled | Severed | Ordered;

/** Hangs of 40 to 55 s lost orders under Patroni 3.0.2: longer than the leader's term and the wait for a dead peer. */
const HANG_S = 50;
/** Long enough for another to lead, and to sell. */
const LOSS_S = 30;

const LEADER = ['leader'] as const;

function othersOf(node: NodeName): HostName[] {
  const all: readonly HostName[] = [CLIENTS, ...NODES];
  return all.filter((it) => it !== node);
}
const sentBy = (node: NodeName): Cut[] => othersOf(node).map((it) => [node, it]);
const sentTo = (node: NodeName): Cut[] => othersOf(node).map((it) => [it, node]);
const between = (one: HostName, other: HostName): Cut[] => [
  [one, other],
  [other, one],
];

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill-postgres',
    what: "kill -9 of the leader's PostgreSQL",
    signal: 'SIGKILL',
    at: LEADER,
    program: 'postgres',
    hold_s: LOSS_S,
  },
  {
    name: 'kill-backend',
    what: "kill -9 of one of the leader's connections, as for want of memory",
    signal: 'SIGKILL',
    at: LEADER,
    program: 'postgres',
    isOne: true,
    hold_s: LOSS_S,
  },
  {
    name: 'hang-postgres',
    what: "the leader's PostgreSQL hangs",
    signal: 'SIGSTOP',
    at: LEADER,
    program: 'postgres',
    hold_s: HANG_S,
  },
  {
    name: 'kill-patroni',
    what: "kill -9 of the leader's Patroni; its PostgreSQL goes on",
    signal: 'SIGKILL',
    at: LEADER,
    program: 'patroni',
    hold_s: HANG_S,
  },
  {
    name: 'hang-patroni',
    what: "the leader's Patroni hangs; its PostgreSQL goes on",
    signal: 'SIGSTOP',
    at: LEADER,
    program: 'patroni',
    hold_s: HANG_S,
  },
  {
    name: 'kill-machine',
    what: "kill -9 of all processes of the leader's machine",
    signal: 'SIGKILL',
    at: LEADER,
    hold_s: LOSS_S,
  },
  {
    name: 'hang-machine',
    what: "the leader's machine hangs, all its processes",
    signal: 'SIGSTOP',
    at: LEADER,
    hold_s: HANG_S,
  },
  {
    name: 'cut-leader',
    what: 'the leader is cut off from everybody',
    cuts: ({ leader }) => [...sentBy(leader), ...sentTo(leader)],
    hold_s: HANG_S,
  },
  {
    name: 'mute-leader',
    what: 'the leader receives, and nobody receives from it',
    cuts: ({ leader }) => sentBy(leader),
    hold_s: HANG_S,
  },
  {
    name: 'deaf-leader',
    what: 'the leader sends, and receives nothing',
    cuts: ({ leader }) => sentTo(leader),
    hold_s: HANG_S,
  },
  {
    name: 'cut-clients',
    what: 'the leader is cut off from the proxies only',
    cuts: ({ leader }) => between(leader, CLIENTS),
    hold_s: LOSS_S,
  },
  {
    name: 'cut-standby',
    what: 'the leader is cut off from its synchronous standby only',
    cuts: ({ leader, standby }) => between(leader, standby),
    hold_s: HANG_S,
  },
  {
    name: 'cut-standbys',
    what: 'the leader is cut off from both standbys, and sees the proxies',
    cuts: ({ leader, standby, third }) => [...between(leader, standby), ...between(leader, third)],
    hold_s: HANG_S,
  },
  {
    name: 'kill-standby',
    what: "kill -9 of all processes of the synchronous standby's machine",
    signal: 'SIGKILL',
    at: ['standby'],
    hold_s: LOSS_S,
  },
  {
    name: 'hang-standby',
    what: "the synchronous standby's PostgreSQL hangs",
    signal: 'SIGSTOP',
    at: ['standby'],
    program: 'postgres',
    hold_s: HANG_S,
  },
  {
    name: 'lose-etcd',
    what: "kill -9 of the etcd member on the leader's machine",
    signal: 'SIGKILL',
    at: LEADER,
    program: 'etcd',
    hold_s: LOSS_S,
  },
  {
    name: 'lose-two-etcd',
    what: 'kill -9 of two of the three etcd members',
    signal: 'SIGKILL',
    at: ['leader', 'standby'],
    program: 'etcd',
    hold_s: HANG_S,
  },
  {
    name: 'kill-redis',
    what: 'kill -9 of the leading Redis',
    signal: 'SIGKILL',
    at: ['redis'],
    program: 'redis-server',
    hold_s: LOSS_S,
    isUnnoticed: true,
    hasLogout: true,
  },
  {
    name: 'hang-redis',
    what: 'the leading Redis hangs',
    signal: 'SIGSTOP',
    at: ['redis'],
    program: 'redis-server',
    hold_s: LOSS_S,
    isUnnoticed: true,
    hasLogout: true,
  },
  {
    name: 'switchover',
    what: 'the leader gives its office away, as before an upgrade',
    command: ({ leader }) => ['switchover', 'freshbytes-db', '--leader', leader, '--force'],
    hold_s: 0,
  },
];

/** @throws Error naming all there are, where there is none of that name */
export function faultOf(name: string): Fault {
  const fault = FAULTS.find((it) => it.name === name);
  if (fault !== undefined) return fault;
  throw new Error(`no fault is called ${name}: ${FAULTS.map((it) => it.name).join(', ')}`);
}
