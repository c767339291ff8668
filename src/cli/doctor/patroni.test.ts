// What doctor says of a cluster that Patroni leads, by what Patroni answers.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { askPatroni, type Member, type PatroniAnswers, patroniFindings } from './patroni.ts';

function member(name: string, role: string, state = 'streaming'): Member {
  return { name, role, state, api_url: `http://${name}:8008/patroni`, host: name, port: 5432 };
}

const LEADER = member('db1', 'leader', 'running');
const STANDBY = member('db2', 'sync_standby');
const WELL: PatroniAnswers = {
  cluster: { members: [LEADER, STANDBY] },
  config: { synchronous_mode: true, synchronous_mode_strict: true },
  history: [],
  members: [LEADER, STANDBY],
  versions: new Map([
    ['db1', '4.0.4'],
    ['db2', '4.0.4'],
  ]),
  faults: [],
};

const unwell = (answers: Partial<PatroniAnswers>) =>
  patroniFindings({ ...WELL, ...answers }).filter(({ level }) => level !== 'ok');

describe('a leader and a synchronous standby', () => {
  it('are well, and say so of everything that was asked', () => {
    expect(patroniFindings(WELL)).toEqual([
      { level: 'ok', subject: 'patroni', text: '4.0.4' },
      {
        level: 'ok',
        subject: 'patroni',
        text: 'db1 (leader, running), db2 (sync_standby, streaming)',
      },
      { level: 'ok', subject: 'patroni', text: 'synchronous_mode and synchronous_mode_strict' },
      { level: 'ok', subject: 'timelines', text: 'the leader was never changed' },
    ]);
  });

  it.each<[string, Partial<PatroniAnswers>, string, string]>([
    [
      'a version that can lose a timeline',
      { versions: new Map([['db2', '3.3.2']]) },
      'fail',
      '3.3.2 on db2: before',
    ],
    [
      'two that lead',
      { cluster: { members: [LEADER, member('db2', 'leader'), STANDBY] } },
      'fail',
      '2 leaders: db1 (leader, running), db2 (leader, streaming)',
    ],
    [
      'a standby that does not follow',
      { cluster: { members: [LEADER, member('db2', 'sync_standby', 'start failed')] } },
      'fail',
      'db2 (sync_standby, start failed)',
    ],
    ['a pause', { cluster: { members: [LEADER, STANDBY], pause: true } }, 'warn', 'paused: nobody'],
    [
      'commits that wait for nobody',
      { config: { synchronous_mode: 'off' } },
      'fail',
      'synchronous_mode is off',
    ],
    [
      'commits that wait only while somebody is there',
      { config: { synchronous_mode: 'on' } },
      'warn',
      'synchronous_mode_strict is off',
    ],
    [
      'a standby that is not synchronous',
      { cluster: { members: [LEADER, member('db2', 'replica')] } },
      'fail',
      'no member is a synchronous standby',
    ],
  ])('are not with %s', (_, answers, level, text) => {
    expect(unwell(answers)).toEqual([
      { level, subject: 'patroni', text: expect.stringContaining(text) },
    ]);
  });

  it('are told by the newest timelines, also where the time is not known', () => {
    const history = [
      [1, 100, 'no recovery target specified', '2026-11-20T10:00:00+08:00', 'db2'],
      [2, 200, 'no recovery target specified'],
    ];
    expect(patroniFindings({ ...WELL, history }).at(-1)?.text).toBe(
      'timeline 2 ended at byte 200 (no time known); timeline 1 ended at byte 100 (2026-11-20T10:00:00+08:00)',
    );
  });
});

describe('an address', () => {
  /** Patroni's API in small: `answers` by path, 404 elsewhere. */
  async function ask(answers: (origin: string) => Readonly<Record<string, unknown>>) {
    await using server = createServer((request, response) => {
      const answer = answers(origin)[request.url ?? ''];
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const found = await askPatroni(`http://127.0.0.1:1, ${origin}/`);
    server.closeAllConnections();
    return { origin, found };
  }

  it('that does not answer is followed by the next, and stays a fault', async () => {
    const { origin, found } = await ask((url) => ({
      '/cluster': { members: [{ ...LEADER, api_url: `${url}/patroni` }] },
      '/patroni': { patroni: { version: '4.0.4', scope: 'market' } },
      '/config': { synchronous_mode: true },
      '/history': [[1, 100, 'why']],
    }));
    expect(found).toEqual({
      cluster: { members: [{ ...LEADER, api_url: `${origin}/patroni` }] },
      config: { synchronous_mode: true },
      history: [[1, 100, 'why']],
      members: [{ ...LEADER, api_url: `${origin}/patroni` }],
      versions: new Map([['db1', '4.0.4']]),
      faults: [expect.stringContaining('http://127.0.0.1:1/cluster: ')],
    });
  });

  it('whose members and rules answer otherwise than Patroni does is judged by the rest', async () => {
    const { origin, found } = await ask((url) => ({
      '/cluster': { members: [{ ...LEADER, api_url: `${url}/patroni` }] },
      '/patroni': { version: '4.0.4' },
      '/config': [],
    }));
    const texts = found && patroniFindings(found).map(({ level, text }) => `${level} ${text}`);
    expect(texts).toEqual([
      expect.stringContaining('fail http://127.0.0.1:1/cluster: '),
      `fail ${origin}/patroni: answers 200, and not as Patroni does`,
      `fail ${origin}/config: answers 200, and not as Patroni does`,
      `fail ${origin}/history: answers 404, and not as Patroni does`,
      'ok db1 (leader, running)',
    ]);
  });
});
