// The durability of a PostgreSQL server, by its own views: whether it leads, how far it is, on how many disks it has
// what it acknowledges, and what of that a crash would take.

import { withClient } from '../../db/client.ts';
import { STATEMENT_TIMEOUT_MS } from '../../db/database.ts';
import { onlyRow } from '../../db/rows.ts';
import type { Finding } from './finding.ts';

/** A commit that waits longer for its standby is one that somebody is tempted to cancel. */
const LONG_WAIT_S = 5;
const SYNCHRONOUS = ['sync', 'quorum'];

/** A row of `pg_stat_replication`. */
interface Standby {
  readonly name: string;
  readonly state: string;
  readonly sync_state: string;
  readonly bytes_behind: number;
}

interface ServerFacts {
  readonly version: string;
  readonly is_standby: boolean;
  readonly system: string;
  readonly started_at: Date;
  readonly timeline: number;
  /** Flushed by a leader, replayed by a standby. */
  readonly lsn: string;
  readonly lsn_bytes: number;
  /** Of this session, and so of the account that serves. */
  readonly synchronous_commit: string;
  readonly synchronous_standby_names: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly data_checksums: string;
  /** Whether the account may see standbys and what others wait for. */
  readonly sees_others: boolean;
  readonly standbys: readonly Standby[];
  /** Commits that have waited for their standby for long. */
  readonly waiting: number;
  /** Tables that a crash empties. */
  readonly unlogged: readonly string[];
}

export interface Server extends ServerFacts {
  readonly name: string;
}

const READ_FACTS = `
  SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS is_standby,
    (SELECT system_identifier::text FROM pg_control_system()) AS system,
    pg_postmaster_start_time() AS started_at,
    CASE WHEN pg_is_in_recovery() THEN coalesce(
        (SELECT received_tli FROM pg_stat_wal_receiver),
        (SELECT nullif(min_recovery_end_timeline, 0) FROM pg_control_recovery()),
        (SELECT timeline_id FROM pg_control_checkpoint()))
      ELSE ('x' || left(pg_walfile_name(at.lsn), 8))::bit(32)::integer END AS timeline,
    at.lsn::text AS lsn, pg_wal_lsn_diff(at.lsn, '0/0')::float8 AS lsn_bytes,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('synchronous_standby_names') AS synchronous_standby_names,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    current_setting('data_checksums') AS data_checksums,
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_others,
    (SELECT coalesce(json_agg(json_build_object('name', application_name, 'state', state, 'sync_state', sync_state,
        'bytes_behind', pg_wal_lsn_diff(sent_lsn, flush_lsn)) ORDER BY application_name), '[]')
      FROM pg_stat_replication WHERE replay_lsn IS NOT NULL OR sync_state <> 'async') AS standbys,
    (SELECT count(*)::integer FROM pg_stat_activity
      WHERE wait_event = 'SyncRep' AND state_change < clock_timestamp() - make_interval(secs => $1)) AS waiting,
    ARRAY(SELECT oid::regclass::text FROM pg_class
      WHERE relpersistence = 'u' AND relkind IN ('r', 'p') ORDER BY 1) AS unlogged
  FROM (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END AS lsn) AS at`;

/** @throws Error where it does not answer */
export function readServer({ name, url }: { name: string; url: string }): Promise<Server> {
  const connection = { connectionString: url, query_timeout: STATEMENT_TIMEOUT_MS };
  return withClient(connection, async (client) => {
    return { name, ...onlyRow(await client.query<ServerFacts>(READ_FACTS, [LONG_WAIT_S])) };
  });
}

interface Circumstances {
  readonly isProduction: boolean;
  /** Whether Patroni moves the leader by itself, and so may move it to a standby that lacks something. */
  readonly isManaged: boolean;
}

/** What the servers are to each other, and what each would lose. */
export function serverFindings(
  servers: readonly Server[],
  circumstances: Circumstances,
): Finding[] {
  const leaders = servers.filter((server) => !server.is_standby);
  const [leader] = leaders;
  return [
    ...servers.map((server) => placeFinding(server, leader)),
    ...leaderFindings(servers, leaders),
    ...(leader === undefined
      ? []
      : [synchronyFinding(leader, circumstances), ...waitFindings(leader)]),
    ...diskFindings(servers, circumstances),
  ];
}

function placeFinding(server: Server, leader: Server | undefined): Finding {
  const { name, is_standby, version, timeline, lsn, started_at } = server;
  const since = started_at.toISOString().slice(0, 19);
  const place = `timeline ${timeline} at ${lsn}, PostgreSQL ${version}, started ${since}Z`;
  const subject = 'server';
  if (!is_standby) return { level: 'ok', subject, text: `${name} leads: ${place}` };
  if (leader === undefined) return { level: 'ok', subject, text: `${name} is a standby: ${place}` };
  if (leader.system !== server.system)
    return { level: 'fail', subject, text: `${name} is of another cluster: ${place}` };
  if (leader.timeline !== timeline) {
    const text = `${name} is not on timeline ${leader.timeline} of ${leader.name}: ${place}`;
    return { level: 'fail', subject, text };
  }
  const behind = Math.max(0, leader.lsn_bytes - server.lsn_bytes).toLocaleString('en');
  return { level: 'ok', subject, text: `${name} follows, ${behind} bytes behind: ${place}` };
}

function leaderFindings(servers: readonly Server[], leaders: readonly Server[]): Finding[] {
  const subject = 'leader';
  const names = leaders.map(({ name, timeline }) => `${name} (timeline ${timeline})`).join(' and ');
  if (leaders.length > 1) {
    const text = `${names} lead at once: what either acknowledges the other lacks. Stop the one on the older timeline`;
    return [{ level: 'fail', subject, text }];
  }
  if (leaders.length === 0) {
    const text = `none of ${servers.map(({ name }) => name).join(', ')} leads`;
    return [{ level: 'fail', subject, text }];
  }
  return [];
}

/** On how many disks a commit is before it is acknowledged. */
function synchronyFinding(
  { synchronous_commit, synchronous_standby_names: names, standbys, sees_others }: Server,
  { isProduction, isManaged }: Circumstances,
): Finding {
  const subject = 'commits';
  const setting = `synchronous_commit=${synchronous_commit}`;
  if (synchronous_commit === 'off') {
    const text = `${setting}: a crash takes back what was acknowledged within the last second`;
    return { level: isProduction ? 'fail' : 'warn', subject, text };
  }
  if (names !== '' && synchronous_commit !== 'local') {
    if (!sees_others)
      return { level: 'warn', subject, text: `${names} must have them; ${NOT_SEEN}` };
    const synchronous = standbys.filter(
      (standby) => SYNCHRONOUS.includes(standby.sync_state) && standby.state === 'streaming',
    );
    const list = synchronous.map(describeStandby).join(', ');
    if (synchronous.length === 0) {
      const text = `no standby of ${names} streams: nothing is acknowledged until one does`;
      return { level: 'fail', subject, text };
    }
    if (synchronous_commit === 'remote_write') {
      const text = `${setting}: acknowledged when ${list} has it in memory, not on its disk`;
      return { level: 'warn', subject, text };
    }
    return { level: 'ok', subject, text: `${setting}: on two disks when acknowledged: ${list}` };
  }
  if (!sees_others && !isManaged)
    return { level: 'warn', subject, text: `on one disk when acknowledged; ${NOT_SEEN}` };
  if (standbys.length === 0 && !isManaged) {
    const text = 'this one disk holds everything: without it, what is not in a backup is lost';
    return { level: 'warn', subject, text };
  }
  const reason = names === '' ? 'synchronous_standby_names is empty' : setting;
  const list = standbys.map(describeStandby).join(', ') || 'no standby is connected';
  const text = `${reason}: on one disk when acknowledged, and a failover takes back what the standby lacks (${list})`;
  return { level: isManaged ? 'fail' : 'warn', subject, text };
}

const NOT_SEEN = 'this account may not see standbys: GRANT pg_read_all_stats TO it as a superuser';

function describeStandby({ name, state, sync_state, bytes_behind }: Standby): string {
  return `${name} (${sync_state}, ${state}, ${bytes_behind.toLocaleString('en')} bytes behind)`;
}

function waitFindings({ waiting }: Server): Finding[] {
  if (waiting === 0) return [];
  const text = `${waiting} commits have waited for their standby for more than ${LONG_WAIT_S} s. Bring it back; pg_cancel_backend would acknowledge them on one disk`;
  return [{ level: 'warn', subject: 'waiting', text }];
}

/** What a crash takes from any of the servers, each of which may lead next. */
function diskFindings(servers: readonly Server[], { isProduction }: Circumstances): Finding[] {
  const subject = 'disks';
  const grave = isProduction ? 'fail' : 'warn';
  const findings = servers.flatMap(
    ({ name, fsync, full_page_writes, data_checksums, unlogged }) => {
      const findings: Finding[] = [];
      const add = (level: Finding['level'], text: string) =>
        findings.push({ level, subject, text: `${name}: ${text}` });
      if (fsync !== 'on')
        add(grave, `fsync=${fsync}: a power cut takes back what was acknowledged`);
      if (full_page_writes !== 'on')
        add(grave, `full_page_writes=${full_page_writes}: a power cut tears pages in two`);
      if (data_checksums !== 'on')
        add('warn', 'without data checksums: what a disk changes is not noticed');
      if (unlogged.length > 0)
        add('fail', `unlogged tables, which a crash empties: ${unlogged.join(', ')}`);
      return findings;
    },
  );
  if (findings.length > 0) return findings;
  return [{ level: 'ok', subject, text: 'fsync, full_page_writes and data checksums are on' }];
}
