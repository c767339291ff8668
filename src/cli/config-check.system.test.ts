// `config check`: what it shows, what it never shows, and that it judges as `serve` does.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makePrivateKey } from '../../test/support/private-key.ts';
import { runCli } from '../../test/support/processes/cli.ts';
import { ConfigError, SETTINGS } from '../config.ts';
import { EXIT } from '../lib/exit.ts';
import { checkConfig } from './config-check.ts';

const SECRET = 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe';
const KEY = makePrivateKey();

let folder: string;
let secretFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-config-check-'));
  secretFile = join(folder, 'app_secret');
  await writeFile(secretFile, `${SECRET}\n`);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What it printed on either stream, and how it ended. */
async function run(env: Readonly<Record<string, string>>, envFile?: string) {
  const out: string[] = [];
  const progress: string[] = [];
  const collectIn = (lines: string[]) => (text: string | Uint8Array) =>
    lines.push(...String(text).trimEnd().split('\n')) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(collectIn(out));
  vi.spyOn(process.stderr, 'write').mockImplementation(collectIn(progress));
  const ended = checkConfig(envFile === undefined ? {} : { envFile }, env);
  const outcome: unknown = await ended.catch((error: unknown) => error);
  vi.restoreAllMocks();
  const rows = new Map(out.map((line) => [line.split(/\s{2,}/)[0], line.split(/\s{2,}/).slice(1)]));
  return { out, progress, rows, outcome };
}

const faultsIn = (outcome: unknown) =>
  outcome instanceof ConfigError ? outcome.message.split('\n') : [];

describe('config check', () => {
  it('prints every setting, its value and where that comes from', async () => {
    const { rows, progress, outcome } = await run({ PORT: '9000', APP_SECRET_FILE: secretFile });
    expect([...rows.keys()]).toEqual(SETTINGS.map(({ name }) => name));
    expect(rows.get('PORT')).toEqual(['9000', 'environment']);
    expect(rows.get('HOST')).toEqual(['127.0.0.1', 'default']);
    expect(rows.get('PUBLIC_URL')).toEqual(['(none)', 'default']);
    expect(rows.get('APP_SECRET')).toEqual(['(set)', `file ${secretFile}`]);
    expect([progress, outcome]).toEqual([[], EXIT.done]);
  });

  it('prints no secret, whether it is right or wrong', async () => {
    const secrets = SETTINGS.filter(({ secret }) => secret);
    const env = Object.fromEntries(secrets.map(({ name }) => [name, `hunter2 of ${name}`]));
    const { out, progress, rows, outcome } = await run(env);
    for (const { name } of secrets) expect(rows.get(name)).toEqual(['(set)', 'environment']);
    expect([...out, ...progress, ...faultsIn(outcome)].join('\n')).not.toContain('hunter2');
  });

  it('names every fault at once, as serve would', async () => {
    const env = { PORT: 'x', LOG_LEVEL: 'loud', APP_SECRET_FILE: join(folder, 'absent') };
    const { rows, outcome } = await run(env);
    expect(rows.get('PORT')).toEqual(['x', 'environment']);
    expect(rows.get('APP_SECRET')).toEqual(['(not readable)', 'see below']);
    expect(faultsIn(outcome)).toEqual([
      `APP_SECRET_FILE: ${join(folder, 'absent')} cannot be read (ENOENT)`,
      'PORT must be integer',
      expect.stringContaining('LOG_LEVEL must be one of'),
    ]);
  });

  it('warns of variables that nothing reads and that look like a slip, and of no others', async () => {
    const env = {
      RATE_LIMIT_LOGINS: '5/minute',
      PORT_FILE: '/run/port',
      APP_SECRETS_FILE: secretFile,
      TEST_DATABASE_URL: 'postgres://test',
      PATH: '/bin',
      HOME: '/root',
    };
    const { progress, outcome } = await run(env);
    expect(progress).toEqual([
      expect.stringContaining('RATE_LIMIT_LOGINS is not read: is RATE_LIMIT_LOGIN meant?'),
      expect.stringContaining(
        'PORT_FILE is not read: only a secret may come from a file. Set PORT',
      ),
      expect.stringContaining('APP_SECRETS_FILE is not read: is APP_SECRET_FILE meant?'),
    ]);
    expect(outcome).toBe(EXIT.done);
  });

  it('takes a file of variables too, behind the environment', async () => {
    const path = join(folder, '.env');
    await writeFile(path, '# ours\nPORT=9000\nHOST=0.0.0.0\n');
    const { rows } = await run({ PORT: '9001' }, path);
    expect([rows.get('PORT')?.[0], rows.get('HOST')?.[0]]).toEqual(['9001', '0.0.0.0']);
    const absent = await run({}, join(folder, 'absent.env'));
    expect(absent.outcome).toMatchObject({
      exitCode: EXIT.usage,
      message: `${join(folder, 'absent.env')} cannot be read (ENOENT).`,
    });
  });
});

describe('the example of an environment', () => {
  it('names what has to be filled in, and nothing else', async () => {
    const { outcome } = await run({}, '.env.example');
    const missing = ['APP_SECRET', 'JWT_PRIVATE_KEYS', 'METRICS_TOKEN', 'SEMAPHORE_API_KEY'];
    const shown = ['PUBLIC_URL', 'DATABASE_URL', 'SMTP_URL', 'MAIL_FROM', 'SECURITY_CONTACT'];
    expect(faultsIn(outcome)).toEqual([
      ...missing.map((name) => expect.stringContaining(`${name} is missing`)),
      ...shown.map((name) => `${name} still holds a placeholder of the documentation`),
    ]);
  });

  it('is accepted once that is done, and with every comment taken away', async () => {
    const filled = {
      APP_SECRET: SECRET,
      JWT_PRIVATE_KEYS: KEY,
      METRICS_TOKEN: SECRET,
      SEMAPHORE_API_KEY: 'key',
    };
    const example = (await readFile('.env.example', 'utf8')).replaceAll('example.com', 'market.ph');
    const path = join(folder, 'filled.env');
    await writeFile(path, example);
    expect((await run(filled, path)).outcome).toBe(EXIT.done);
    const whole = parseEnv(example.replace(/^# (?=[A-Z0-9_]+=)/gm, '')) as Record<string, string>;
    expect(Object.keys(whole).sort()).toEqual(SETTINGS.map(({ name }) => name).sort());
    expect((await run({ ...whole, ...filled })).outcome).toBe(EXIT.done);
  });
});

describe('the command', () => {
  it('ends with 2 where serve would not start, and says so without a stack', async () => {
    const { exitCode, stdout, stderr } = await runCli(['config', 'check'], { env: { PORT: 'x' } });
    expect([exitCode, stdout]).toEqual([
      EXIT.usage,
      expect.stringMatching(/^PORT +x +environment$/m),
    ]);
    expect(stderr).toMatch(/These settings must be fixed first:\n {2}PORT must be integer\n$/);
  }, 60_000);

  it('is not alone in reading secrets from files: every command does', async () => {
    const path = join(folder, 'database_url');
    await writeFile(path, 'postgres://127.0.0.1:1/none\n');
    const { exitCode, stderr } = await runCli(['migrate'], { env: { DATABASE_URL_FILE: path } });
    expect([exitCode, stderr]).toEqual([
      EXIT.unavailable,
      expect.stringContaining('PostgreSQL does not answer'),
    ]);
  }, 60_000);
});
