// The cluster by Patroni's REST API: who leads, who may, and by which rules.
// https://patroni.readthedocs.io/en/latest/rest_api.html
import { type Static, type TSchema, Type } from 'typebox';
import { Check } from 'typebox/value';
import { messageOf } from '../../lib/errors.ts';
import type { Finding } from './finding.ts';

const ANSWER_TIMEOUT_MS = 2_000;
/** Before it a leader that hung and came back could throw away the timeline that had taken over meanwhile. */
const OLDEST_MAJOR = 4;
const SYNCHRONOUS_ROLES = ['sync_standby', 'quorum_standby'];
const LEADER_ROLES = ['leader', 'standby_leader'];
const RUNNING = ['running', 'streaming', 'in archive recovery'];
/** Timelines that are listed, the newest first. */
const TOLD_TIMELINES = 3;

const MemberAnswer = Type.Object({
  name: Type.String(),
  role: Type.String(),
  state: Type.String(),
  api_url: Type.String(),
  host: Type.String(),
  port: Type.Integer(),
  timeline: Type.Optional(Type.Unknown()),
});
export type Member = Static<typeof MemberAnswer>;

const ClusterAnswer = Type.Object({
  members: Type.Array(MemberAnswer),
  pause: Type.Optional(Type.Boolean()),
});
const ConfigAnswer = Type.Object({
  synchronous_mode: Type.Optional(Type.Unknown()),
  synchronous_mode_strict: Type.Optional(Type.Unknown()),
});
const NodeAnswer = Type.Object({
  patroni: Type.Object({ version: Type.String(), name: Type.Optional(Type.String()) }),
});
/** Timeline that ended, where, why, when, and who led next. */
const HistoryAnswer = Type.Array(Type.Array(Type.Unknown()));

export interface PatroniAnswers {
  /** Of the first address that answers; undefined where none does. */
  readonly cluster: Static<typeof ClusterAnswer> | undefined;
  readonly config: Static<typeof ConfigAnswer> | undefined;
  readonly history: Static<typeof HistoryAnswer> | undefined;
  readonly members: readonly Member[];
  /** Of each member that answers. */
  readonly versions: ReadonlyMap<string, string>;
  /** What did not answer as documented, in words. */
  readonly faults: readonly string[];
}

/** @param urls PATRONI_URLS. @returns undefined where there are none */
export async function askPatroni(urls: string | undefined): Promise<PatroniAnswers | undefined> {
  if (urls === undefined) return undefined;
  const faults: string[] = [];
  const ask = async <T extends TSchema>(url: string, schema: T) => {
    try {
      return await read(url, schema);
    } catch (error) {
      faults.push(`${url}: ${messageOf(error)}`);
      return undefined;
    }
  };
  for (const address of urls.split(',').map((url) => url.trim().replace(/\/+$/, ''))) {
    const cluster = await ask(`${address}/cluster`, ClusterAnswer);
    if (cluster === undefined) continue;
    const versions = new Map<string, string>();
    for (const { name, api_url } of cluster.members) {
      const node = await ask(api_url, NodeAnswer);
      if (node !== undefined) versions.set(name, node.patroni.version);
    }
    const config = await ask(`${address}/config`, ConfigAnswer);
    const history = await ask(`${address}/history`, HistoryAnswer);
    return { cluster, config, history, members: cluster.members, versions, faults };
  }
  return {
    cluster: undefined,
    config: undefined,
    history: undefined,
    members: [],
    versions: new Map(),
    faults,
  };
}

/** Whatever the status: Patroni answers 503 with a body where a node does not lead. */
async function read<T extends TSchema>(url: string, schema: T): Promise<Static<T>> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  const body: unknown = await answer.json();
  if (Check(schema, body)) return body;
  throw new Error(`answers ${answer.status}, and not as Patroni does`);
}

export function patroniFindings(answers: PatroniAnswers): Finding[] {
  const { cluster, config, history, versions, faults } = answers;
  const subject = 'patroni';
  const failed = faults.map((text): Finding => ({ level: 'fail', subject, text }));
  if (cluster === undefined) return failed;
  return [
    ...failed,
    ...versionFindings(versions),
    ...memberFindings(cluster.members),
    ...(cluster.pause === true
      ? [
          {
            level: 'warn',
            subject,
            text: 'paused: nobody takes over when the leader is lost',
          } as const,
        ]
      : []),
    ...(config === undefined ? [] : ruleFindings(config, cluster.members)),
    ...(history === undefined ? [] : [historyFinding(history)]),
  ];
}

function versionFindings(versions: ReadonlyMap<string, string>): Finding[] {
  const subject = 'patroni';
  const old = [...versions].filter(([, version]) => Number.parseInt(version, 10) < OLDEST_MAJOR);
  if (old.length > 0)
    return old.map(([name, version]) => ({
      level: 'fail',
      subject,
      text: `${version} on ${name}: before ${OLDEST_MAJOR}.0 a leader that hung and came back can throw away the timeline that took over`,
    }));
  const all = [...new Set(versions.values())].join(', ');
  return all === '' ? [] : [{ level: 'ok', subject, text: all }];
}

function memberFindings(members: readonly Member[]): Finding[] {
  const subject = 'patroni';
  const leaders = members.filter(({ role }) => LEADER_ROLES.includes(role));
  const ill = members.filter(({ state }) => !RUNNING.includes(state));
  const list = members.map(({ name, role, state }) => `${name} (${role}, ${state})`).join(', ');
  if (leaders.length !== 1)
    return [{ level: 'fail', subject, text: `${leaders.length} leaders: ${list}` }];
  return [{ level: ill.length === 0 ? 'ok' : 'fail', subject, text: list }];
}

const isOn = (value: unknown) => value === true || value === 'on' || value === 'quorum';

function ruleFindings(
  { synchronous_mode, synchronous_mode_strict }: Static<typeof ConfigAnswer>,
  members: readonly Member[],
): Finding[] {
  const subject = 'patroni';
  if (!isOn(synchronous_mode)) {
    const text = 'synchronous_mode is off: a standby that lacks acknowledged commits may lead';
    return [{ level: 'fail', subject, text }];
  }
  const findings: Finding[] = [];
  if (isOn(synchronous_mode_strict))
    findings.push({ level: 'ok', subject, text: 'synchronous_mode and synchronous_mode_strict' });
  else
    findings.push({
      level: 'warn',
      subject,
      text: 'synchronous_mode_strict is off: without a standby the leader keeps accepting orders on one disk',
    });
  if (!members.some(({ role }) => SYNCHRONOUS_ROLES.includes(role)))
    findings.push({
      level: 'fail',
      subject,
      text: 'no member is a synchronous standby: nobody may take over without loss',
    });
  return findings;
}

function historyFinding(history: Static<typeof HistoryAnswer>): Finding {
  const changes = history
    .toReversed()
    .slice(0, TOLD_TIMELINES)
    .map(
      ([timeline, lsn, _reason, at]) =>
        `timeline ${timeline} ended at byte ${lsn} (${at ?? 'no time known'})`,
    );
  const text = changes.length === 0 ? 'the leader was never changed' : changes.join('; ');
  return { level: 'ok', subject: 'timelines', text };
}
