// The clusters of ops/ha: what their files must say, and that no acknowledged order is lost when a leader is killed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { askMachine, requirePatroni } from '../../../ops/ha/patroni.ts';
import { fill, placeholdersIn, renderFile } from '../../../ops/ha/render.ts';
import { isEven } from '../../../scripts/failover/comparison.ts';
import { drill } from '../../../scripts/failover/drill.ts';
import { canDrill } from '../../../scripts/failover/machines/programs.ts';
import { isTrialPassed } from '../../../scripts/failover/report.ts';
import {
  CONNECT_TIMEOUT_MS,
  IDLE_IN_TRANSACTION_TIMEOUT_MS,
  QUERY_TIMEOUT_MS,
  STATEMENT_TIMEOUT_MS,
} from '../../../src/db/database.ts';
import { SECOND_MS } from '../../../src/lib/time.ts';

const FOLDER = join(import.meta.dirname, '../../../ops/ha');
const TEMPLATES = readdirSync(FOLDER).filter((name) => !/\.(ts|env)$/.test(name));
const example = parseEnv(readFileSync(join(FOLDER, 'example.env'), 'utf8'));
const secrets = Object.keys(example).filter((name) => name.endsWith('_PASSWORD'));
/** Of the machine that a file is filled in on, and of no file. */
const ASKED = ['WATCHDOG_MODE'];
const settings = {
  ...example,
  ...Object.fromEntries(secrets.map((name) => [name, 'made-up'])),
  WATCHDOG_MODE: 'required',
};
/** Longest that no order may be placed in the drill, of which twenty seconds are the leader's term. */
const MAX_OUTAGE_S = 45;
const LONGEST_MS = 900_000;

/** The drill is skipped without its programs, unless it is said that it must run. */
const drills = process.env['REQUIRE_HA'] === '1' || canDrill();

/** The value that follows a word of a file that is no YAML. */
function settingIn(file: string, pattern: RegExp): string {
  const value = pattern.exec(renderFile(file, settings))?.[1];
  if (value === undefined) throw new Error(`${file} does not say ${pattern}`);
  return value;
}

const numberOf = (file: string, pattern: RegExp) => Number(settingIn(file, pattern));

interface Patroni {
  readonly bootstrap: {
    readonly dcs: {
      readonly ttl: number;
      readonly loop_wait: number;
      readonly retry_timeout: number;
      readonly postgresql: { readonly parameters: Readonly<Record<string, string | number>> };
    };
  };
  readonly postgresql: { readonly pg_hba: readonly string[] };
}
const patroni = parse(renderFile('patroni.yml', settings)) as Patroni;
const { dcs } = patroni.bootstrap;

describe('the files', () => {
  it('stand for what the example names, and for nothing else', () => {
    const used = TEMPLATES.flatMap((name) =>
      placeholdersIn(readFileSync(join(FOLDER, name), 'utf8')),
    );
    expect([...new Set(used)].toSorted()).toEqual([...Object.keys(example), ...ASKED].toSorted());
  });

  it.each(secrets)('have no default for %s, and are not filled in without one', (name) => {
    expect(example[name]).toBe('');
    expect(() => fill(`\${${name}}`, example)).toThrow(`${name} is missing`);
  });

  it.each(["it's", 'two words', 'a\nb', '#', '"', '$x'])(
    'are not filled in with %j, which a format could read as something else',
    (value) => {
      expect(() => fill(`\${NODE_NAME}`, { NODE_NAME: value })).toThrow('NODE_NAME may hold');
    },
  );

  it('hold passwords only where the example has a name for one', () => {
    for (const name of TEMPLATES) {
      const lines = readFileSync(join(FOLDER, name), 'utf8').split('\n');
      const named = lines.filter((line) => /^\s*(?:password|requirepass|masterauth)\b/.test(line));
      expect(named.filter((line) => !/_PASSWORD\}/.test(line))).toEqual([]);
    }
  });
});

describe('PostgreSQL', () => {
  it('acknowledges what two servers have, and lets nobody lead who may lack it', () => {
    expect(dcs).toMatchObject({
      synchronous_mode: true,
      synchronous_mode_strict: true,
      synchronous_node_count: 1,
      check_timeline: true,
      failsafe_mode: true,
      postgresql: { use_pg_rewind: true, parameters: { synchronous_commit: 'on' } },
    });
  });

  it('gives up a leader only after it had its chances, and a dead peer before that', () => {
    const { ttl, loop_wait, retry_timeout, postgresql } = dcs;
    expect(loop_wait + 2 * retry_timeout).toBeLessThanOrEqual(ttl);
    const { wal_sender_timeout, wal_receiver_timeout } = postgresql.parameters;
    for (const timeout of [wal_sender_timeout, wal_receiver_timeout])
      expect(Number.parseInt(String(timeout), 10)).toBeLessThan(ttl);
  });

  it('lets in nobody without a password', () => {
    for (const line of patroni.postgresql.pg_hba) expect(line).toMatch(/ scram-sha-256$/);
  });

  it('limits the application as it would limit itself, where a pooler swallows its settings', () => {
    const setting = (name: string) =>
      numberOf('database.sql', new RegExp(`SET ${name} = '(\\d+)s'`)) * SECOND_MS;
    expect(setting('statement_timeout')).toBe(STATEMENT_TIMEOUT_MS);
    expect(setting('idle_in_transaction_session_timeout')).toBe(IDLE_IN_TRANSACTION_TIMEOUT_MS);
    for (const name of ['jit', 'max_parallel_workers_per_gather', 'random_page_cost'])
      expect(settingIn('database.sql', new RegExp(`SET ${name} = (\\S+);`))).not.toBe('');
  });
});

describe('the ways to it', () => {
  /** What HAProxy listens for under this name. */
  const sectionOf = (name: string) => {
    const sections = renderFile('haproxy.cfg', settings).split(/^(?=listen )/m);
    return sections.find((section) => section.startsWith(`listen ${name}\n`)) ?? '';
  };

  it('HAProxy gives up a server before the application gives up HAProxy', () => {
    const connect_ms = numberOf('haproxy.cfg', /timeout connect (\d+)s/) * SECOND_MS;
    const retries = numberOf('haproxy.cfg', /retries (\d+)/);
    expect(connect_ms * (1 + retries)).toBeLessThanOrEqual(CONNECT_TIMEOUT_MS);
  });

  it('HAProxy sends everybody to the leader, and cuts who is with another', () => {
    const leader = sectionOf('leader');
    expect(leader).toContain('option httpchk OPTIONS /primary');
    expect(leader).toContain('on-marked-down shutdown-sessions');
    expect(leader.match(/^ {4}server .* check port \d+$/gm)).toHaveLength(3);
  });

  it('HAProxy has another address for reads, of standbys alone', () => {
    const replicas = sectionOf('replicas');
    expect(replicas).toContain('option httpchk OPTIONS /replica');
    expect(replicas).toContain('on-marked-down shutdown-sessions');
    expect(replicas.match(/^ {4}server .* check port \d+$/gm)).toHaveLength(3);
    const bound = ['leader', 'replicas'].map(
      (name) => /^ {4}bind (\S+)$/m.exec(sectionOf(name))?.[1],
    );
    expect(new Set(bound).size).toBe(2);
    const maximum = Number(dcs.postgresql.parameters['max_connections']);
    expect(Number(/maxconn (\d+)/.exec(replicas)?.[1])).toBeLessThan(maximum);
  });

  it('HAProxy and PgBouncer together open fewer connections than PostgreSQL takes', () => {
    const maximum = Number(dcs.postgresql.parameters['max_connections']);
    const proxied = numberOf('haproxy.cfg', /maxconn (\d+) on-marked-down/);
    expect(proxied).toBeLessThan(maximum);
    expect(numberOf('pgbouncer.ini', /default_pool_size = (\d+)/)).toBeLessThan(proxied);
  });

  it('PgBouncer keeps a session together, and gives up before the application does', () => {
    expect(settingIn('pgbouncer.ini', /^pool_mode = (\w+)/m)).toBe('session');
    const wait_ms = numberOf('pgbouncer.ini', /query_wait_timeout = (\d+)/) * SECOND_MS;
    expect(wait_ms).toBeLessThan(QUERY_TIMEOUT_MS);
    expect(numberOf('pgbouncer.ini', /server_login_retry = (\d+)/)).toBe(1);
  });

  it('Sentinels agree by majority', () => {
    expect(numberOf('sentinel.conf', /^sentinel monitor \S+ \S+ \d+ (\d+)/m)).toBe(2);
  });
});

describe('Patroni', () => {
  it.each(['patroni 3.0.2', 'patroni 3.3.8', 'patroni 2.1'])('is refused as %s', (said) => {
    expect(() => requirePatroni(said)).toThrow(`Patroni ${said.slice(8)} is too old`);
  });

  it.each(['patroni 4.0.7', 'patroni 4.1', 'patroni 10.0.0'])('is taken as %s', (said) => {
    expect(() => requirePatroni(said)).not.toThrow();
  });

  it('is refused where it does not say its version', () => {
    expect(() => requirePatroni('')).toThrow('which version of Patroni is this: none');
  });
});

describe('the watchdog', () => {
  const ask = (device: string, given: Record<string, string> = {}) => {
    const warnings: string[] = [];
    const { WATCHDOG_MODE: mode } = askMachine(given, (line) => warnings.push(line), {
      device,
      patroni: 'no-such-program',
    });
    return { mode, warnings: warnings.filter((line) => line.startsWith('NO WATCHDOG')) };
  };

  it('is required where the machine has one', () => {
    expect(ask('/dev/null')).toEqual({ mode: 'required', warnings: [] });
  });

  it('is missed loudly where the machine has none', () => {
    const { mode, warnings } = ask('/dev/no-such-device');
    expect(mode).toBe('automatic');
    expect(warnings).toHaveLength(1);
  });

  it('is what the settings say where they say it', () => {
    expect(ask('/dev/null', { WATCHDOG_MODE: 'off' })).toEqual({ mode: 'off', warnings: [] });
  });
});

describe.skipIf(!drills)('under load,', () => {
  it(
    'no fault takes an acknowledged order with it, and all comes back by itself',
    async () => {
      const faults = ['kill-redis', 'kill-machine'];
      const { trials, comparisons, violations } = await drill(
        { faults, customers: 4, orders: 10 },
        { printProgress: () => {} },
      );
      expect(trials.map(({ fault }) => fault)).toEqual(faults);
      expect(trials.filter((trial) => !isTrialPassed(trial))).toEqual([]);
      expect(Object.keys(comparisons)).toEqual(['leader', 'db1', 'db2', 'db3']);
      expect(Object.values(comparisons).filter((of) => !isEven(of))).toEqual([]);
      expect(violations).toBe('');
      const [redis, postgres] = trials;
      expect(redis?.isLogoutSafe).toBe(true);
      // A kill that nobody noticed would prove nothing.
      expect(postgres?.failed).toBeGreaterThan(0);
      expect(postgres?.leaders[0]).not.toBe(postgres?.leaders[1]);
      expect(postgres?.outage_s.direct).toBeLessThan(MAX_OUTAGE_S);
      expect(postgres?.outage_s.pooled).toBeLessThan(MAX_OUTAGE_S);
    },
    LONGEST_MS,
  );
});
