import { describe, expect, it } from 'vitest';
import { judgeEntries } from './acknowledged.ts';
import { addressOf } from './cluster.ts';
import { askPatroni, patroniFindings } from './patroni.ts';
import { type Server, serverFindings } from './replication.ts';

const LEADER: Server = {
  name: 'db1',
  version: '18.4',
  is_standby: false,
  system: '7268616322854375442',
  started_at: new Date('2026-11-23T00:00:00Z'),
  timeline: 5,
  lsn: '0/4000060',
  lsn_bytes: 67_108_960,
  synchronous_commit: 'on',
  synchronous_standby_names: 'db2',
  fsync: 'on',
  full_page_writes: 'on',
  data_checksums: 'on',
  sees_others: true,
  standbys: [{ name: 'db2', state: 'streaming', sync_state: 'sync', bytes_behind: 0 }],
  waiting: 0,
  unlogged: [],
};
const STANDBY: Server = { ...LEADER, name: 'db2', is_standby: true, standbys: [] };
const PRODUCTION = { isProduction: true, isManaged: true };

const unwell = (servers: readonly Server[], circumstances = PRODUCTION) =>
  serverFindings(servers, circumstances).filter(({ level }) => level !== 'ok');

describe('two servers, one of them synchronous,', () => {
  it('are well', () => {
    expect(unwell([LEADER, STANDBY])).toEqual([]);
  });

  it.each([
    [
      'a commit does not wait for a disk',
      { synchronous_commit: 'off' },
      'fail',
      'commits',
      'a crash takes back',
    ],
    [
      'no standby is synchronous',
      { synchronous_standby_names: '' },
      'fail',
      'commits',
      'a failover takes back',
    ],
    [
      'commits do not wait for standbys',
      { synchronous_commit: 'local' },
      'fail',
      'commits',
      'a failover takes back',
    ],
    [
      'the standby has it in memory',
      { synchronous_commit: 'remote_write' },
      'warn',
      'commits',
      'in memory',
    ],
    ['the standby is gone', { standbys: [] }, 'fail', 'commits', 'nothing is acknowledged'],
    [
      'the standbys are not to be seen',
      { sees_others: false },
      'warn',
      'commits',
      'pg_read_all_stats',
    ],
    ['commits wait', { waiting: 3 }, 'warn', 'waiting', '3 commits have waited'],
    ['fsync is off', { fsync: 'off' }, 'fail', 'disks', 'db1: fsync=off'],
    ['pages may be torn', { full_page_writes: 'off' }, 'fail', 'disks', 'full_page_writes=off'],
    ['nothing notices a disk that rots', { data_checksums: 'off' }, 'warn', 'disks', 'checksums'],
    ['a crash empties a table', { unlogged: ['orders'] }, 'fail', 'disks', 'empties: orders'],
  ] as const)('tell where %s', (_case, facts, level, subject, text) => {
    expect(unwell([{ ...LEADER, ...facts }, STANDBY])).toEqual([
      { level, subject, text: expect.stringContaining(text) },
    ]);
  });

  it.each([
    [
      'both lead',
      { is_standby: false, timeline: 6 },
      'leader',
      'db1 (timeline 5) and db2 (timeline 6) lead at once',
    ],
    ['the standby is on another timeline', { timeline: 4 }, 'server', 'is not on timeline 5'],
    ['the standby is of another cluster', { system: '1' }, 'server', 'of another cluster'],
    ['the standby would not flush', { fsync: 'off' }, 'disks', 'db2: fsync=off'],
  ] as const)('tell where %s', (_case, facts, subject, text) => {
    expect(unwell([LEADER, { ...STANDBY, ...facts }])).toEqual([
      { level: 'fail', subject, text: expect.stringContaining(text) },
    ]);
  });

  it('tell where none leads', () => {
    expect(unwell([STANDBY])).toEqual([
      { level: 'fail', subject: 'leader', text: 'none of db2 leads' },
    ]);
  });
});

describe('without Patroni', () => {
  const alone = { isProduction: true, isManaged: false };

  it.each([
    ['one server is one disk', { standbys: [] }, 'this one disk holds everything'],
    ['an asynchronous standby may lack what was acknowledged', {}, 'a failover takes back'],
    ['an account that sees no standby says so', { sees_others: false }, 'may not see standbys'],
  ])('%s', (_case, facts, text) => {
    expect(unwell([{ ...LEADER, synchronous_standby_names: '', ...facts }], alone)).toEqual([
      { level: 'warn', subject: 'commits', text: expect.stringContaining(text) },
    ]);
  });
});

describe('Patroni', () => {
  it('is not asked where no address is given', async () => {
    expect(await askPatroni(undefined)).toBeUndefined();
  });

  it('that does not answer fails by its address', async () => {
    const answers = await askPatroni('http://127.0.0.1:1');
    expect(answers && patroniFindings(answers)).toEqual([
      {
        level: 'fail',
        subject: 'patroni',
        text: expect.stringContaining('http://127.0.0.1:1/cluster'),
      },
    ]);
  });
});

describe('the address of a member', () => {
  const member = { name: 'db2', role: 'replica', state: 'streaming', api_url: '', port: 5433 };

  it.each([
    [
      '10.0.0.12',
      'postgres://fresh%40bytes@db.internal:5432/market?sslmode=verify-full',
      'postgres://fresh%40bytes@10.0.0.12:5433/market?sslmode=verify-full',
    ],
    ['fd00::12', 'postgres://app@127.0.0.1/market', 'postgres://app@[fd00::12]:5433/market'],
  ])('%s has the account and the database of DATABASE_URL', (host, url, expected) => {
    expect(addressOf({ ...member, host }, url)).toBe(expected);
  });
});

describe('a log', () => {
  it('without a single entry is not that of the processes', () => {
    expect(judgeEntries(0, [])).toEqual([
      {
        level: 'fail',
        subject: 'commits',
        text: expect.stringContaining('holds no acknowledged audit entry'),
      },
    ]);
  });

  it('all of whose entries are there is well', () => {
    expect(judgeEntries(7, [])).toEqual([
      { level: 'ok', subject: 'commits', text: 'all 7 of the log are in the database' },
    ]);
  });
});
