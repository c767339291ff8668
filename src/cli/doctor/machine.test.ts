// What doctor says of a machine, in the words of the checks that need no other program.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config.ts';
import {
  checkDisk,
  checkNode,
  checkPlatform,
  checkPort,
  checkRedis,
  levelOfSpace,
} from './machine.ts';

const configOf = (env: Record<string, string>) =>
  loadConfig({ NODE_ENV: 'test', HOST: '127.0.0.1', ...env }, '0');

it.each([
  ['24.0.0', { level: 'ok', text: '24.0.0' }],
  ['22.18.0', { level: 'fail', text: '22.18.0: 24 or newer is needed' }],
])('Node %s', (node, finding) => {
  expect(checkNode(node)).toEqual({ subject: 'node', ...finding });
});

it.each([
  ['linux', 'ok', /^linux \w+$/],
  ['darwin', 'ok', /^darwin \w+$/],
  ['win32', 'warn', /does not run here, set DATABASE_URL$/],
])('%s', (platform, level, text) => {
  expect(checkPlatform(platform)).toMatchObject({ level, text: expect.stringMatching(text) });
});

describe('the disk', () => {
  it.each([
    [0, 'fail'],
    [199, 'fail'],
    [200, 'warn'],
    [1_999, 'warn'],
    [2_000, 'ok'],
  ])('with %i MB free', (free_mb, level) => {
    expect(levelOfSpace(free_mb)).toBe(level);
  });

  it('of a folder that is a file cannot be used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freshbytes-doctor-'));
    const DATA_DIR = join(folder, 'file');
    await writeFile(DATA_DIR, '');
    expect(await checkDisk(configOf({ DATA_DIR }))).toMatchObject({
      level: 'fail',
      text: expect.stringContaining(`${DATA_DIR} cannot be used: `),
    });
    await rm(folder, { recursive: true });
  });
});

describe('the port', () => {
  async function check(headers: Record<string, string>) {
    await using server = createServer((_request, response) => {
      response.writeHead(200, headers).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const finding = await checkPort(configOf({ PORT: String(port) }));
    server.closeAllConnections();
    return { port, finding };
  }

  it('that FreshBytes holds is as good as a free one', async () => {
    const { port, finding } = await check({ 'x-request-id': '1' });
    const text = `127.0.0.1:${port} is served by FreshBytes`;
    expect(finding).toEqual({ level: 'ok', subject: 'port', text });
    expect(await checkPort(configOf({ PORT: String(port) }))).toEqual({
      level: 'ok',
      subject: 'port',
      text: `127.0.0.1:${port} is free`,
    });
  });

  it('of another program fails', async () => {
    const { finding } = await check({});
    expect(finding).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('cannot be listened on (EADDRINUSE): set HOST or PORT'),
    });
  });
});

describe('Redis', () => {
  it('that is not set is not missed', async () => {
    expect(await checkRedis(configOf({}))).toMatchObject({ level: 'ok' });
  });

  it('that does not answer is a warning: memory takes its place', async () => {
    expect(await checkRedis(configOf({ REDIS_URL: 'redis://127.0.0.1:1' }))).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/^does not answer \(.+\): memory takes its place$/),
    });
  });
});
