import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import {
  createTestDatabase,
  onServer,
  type TestDatabase,
  withDatabase,
} from '../../test/support/database.ts';
import { runCli } from '../../test/support/processes/cli.ts';
import { PRODUCTION } from '../../test/support/processes/production.ts';
import { DEMO_PEOPLE } from '../lib/demo-market.ts';

/** Each command is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 90_000 });

const STACK_FRAME = /^\s+at /m;

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-cli-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

describe('help', () => {
  it('names every command and every exit code', async () => {
    const { exitCode, stdout } = await runCli(['--help']);
    expect(exitCode).toBe(0);
    const commands = [
      'serve',
      'worker',
      'migrate',
      'seed',
      'user',
      'doctor',
      'repl',
      'openapi',
      'check-invariants',
    ];
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    for (const code of [0, 1, 2, 3]) expect(stdout).toMatch(new RegExp(`^  ${code}  `, 'm'));
  });

  it.each([
    [['nonsense']],
    [['seed', '--size', 'huge']],
    [['seed', '--seed', '-1']],
    [['openapi', '--version', 'v3']],
  ])('answers %j with exit code 2', async (args) => {
    const { exitCode, stderr } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: /);
  });
});

describe('the launcher', () => {
  /** This Node, under the name of an old one. */
  const runAged = (bin: string) => {
    const alias = 'Object.defineProperty(process.versions,"node",{value:"20.1.0"})';
    const args = ['--import', `data:text/javascript,${alias}`, bin, '--version'];
    return spawnSync(process.execPath, args, { encoding: 'utf8' });
  };

  it('hands over to the Node that npm installed where its own is too old', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    const { status, stdout } = runAged('bin/freshbytes.js');
    expect([status, stdout.trim()]).toEqual([0, version]);
  });

  it('says what to do where there is no such Node', async () => {
    await mkdir(join(folder, 'bin'));
    await copyFile('bin/freshbytes.js', join(folder, 'bin/freshbytes.js'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const { status, stderr } = runAged(join(folder, 'bin/freshbytes.js'));
    expect(status).toBe(3);
    expect(stderr).toContain('needs Node 24 or newer; this is Node 20.1.0');
    expect(stderr).toContain('npm ci --include=optional');
  });

  it('says what to run where the packages are not installed', async () => {
    const project = join(folder, 'bare');
    await mkdir(join(project, 'bin'), { recursive: true });
    await mkdir(join(project, 'src'));
    await copyFile('bin/freshbytes.js', join(project, 'bin/freshbytes.js'));
    await copyFile('src/main.ts', join(project, 'src/main.ts'));
    await writeFile(join(project, 'package.json'), '{"type":"module"}');
    const { status, stderr } = spawnSync(process.execPath, [join(project, 'bin/freshbytes.js')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([3, expect.stringContaining('npm ci')]);
    expect(stderr).toContain('commander');
    expect(stderr).not.toMatch(STACK_FRAME);
  });
});

describe('settings', () => {
  it('that are wrong are all named at once, without a stack', async () => {
    const { exitCode, stderr } = await runCli(['serve'], { env: { PORT: 'x', LOG_LEVEL: 'loud' } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('PORT must be integer');
    expect(stderr).toContain('LOG_LEVEL must be one of');
    expect(stderr).not.toMatch(STACK_FRAME);
  });

  it('that name a database which does not answer end with exit code 3', async () => {
    const { exitCode, stderr } = await runCli(['migrate'], {
      env: { DATABASE_URL: 'postgres://localhost:1/none' },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('PostgreSQL does not answer');
    expect(stderr).not.toMatch(STACK_FRAME);
  });
});

describe('migrate, and production', () => {
  it('apply everything once; before that production refuses to serve', async () => {
    const name = `cli_${Date.now()}`;
    const serverUrl = inject('serverUrl');
    await onServer(serverUrl, `CREATE DATABASE ${name}`);
    const env = { DATABASE_URL: withDatabase(serverUrl, name) };
    const refused = await runCli(['serve'], { env: { ...PRODUCTION, ...env } });
    expect([refused.exitCode, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toContain('The database lacks 0001_foundation.sql');
    const first = await runCli(['migrate'], { env });
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^applied 0001_foundation\.sql$/m);
    const second = await runCli(['migrate'], { env });
    expect(second.stdout).toBe('nothing to apply: the database is up to date\n');
    await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  });

  it('never seeds', async () => {
    const env = { ...PRODUCTION, DATABASE_URL: database.url };
    const { exitCode, stderr } = await runCli(['seed'], { env });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Production is never seeded')]);
  });
});

describe('user create-admin', () => {
  const FLAGS = ['--email', 'boss@example.com', '--name', 'boss', '--phone', '09171234567'];
  const NAMES = ['--first-name', 'Ana', '--last-name', 'Cruz', '--password-stdin'];
  const create = (password: string, flags: string[] = FLAGS) =>
    runCli(['user', 'create-admin', ...flags, ...NAMES], {
      env: { DATABASE_URL: database.url },
      input: `${password}\n`,
    });

  it('refuses what registering would refuse, and says what would be accepted', async () => {
    const short = await create('short');
    expect([short.exitCode, short.stderr]).toEqual([
      1,
      expect.stringContaining('password must have at least 8'),
    ]);
    const common = await create('password123');
    expect([common.exitCode, common.stderr]).toEqual([1, expect.stringContaining('tried first')]);
  });

  it('creates one admin, audited, and never says the password', async () => {
    const { exitCode, stdout, stderr } = await create('kalabasa-sa-ilalim-7');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('created the admin boss@example.com');
    expect(stdout + stderr).not.toContain('kalabasa');
    const again = await create('kalabasa-sa-ilalim-7');
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('another account')]);
  });

  it('of the demo market keeps production from serving, whatever its address; a demo address does not', async () => {
    const flags = ['--email', 'Admin@freshbytes.test', '--name', 'demo', '--phone', '09171234568'];
    expect((await create('kalabasa-sa-ilalim-7', flags)).exitCode).toBe(0);
    const { id } = DEMO_PEOPLE.admin;
    await onServer(
      database.url,
      `INSERT INTO users (id, user_name, user_email, user_phone, password_hash, first_name, last_name, role,
         terms_accepted_at, created_at, updated_at)
       SELECT '${id}', 'renamed', 'renamed@example.com', '+639171234569', password_hash, first_name, last_name, role,
         terms_accepted_at, created_at, updated_at
       FROM users WHERE user_name = 'demo'`,
    );
    const env = { ...PRODUCTION, DATABASE_URL: database.url };
    const { exitCode, stderr } = await runCli(['serve'], { env });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('renamed@example.com')]);
    expect(stderr).not.toContain('Admin@freshbytes.test');
    await onServer(database.url, `DELETE FROM users WHERE id = '${id}'`);
  });

  it('names the flag that is missing where there is no terminal to ask on', async () => {
    const { exitCode, stderr } = await create('kalabasa-sa-ilalim-7', FLAGS.slice(2));
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--email is missing')]);
  });
});

describe('check-invariants', () => {
  it('prints nothing and ends with 0 where all holds', async () => {
    const { exitCode, stdout } = await runCli(['check-invariants'], {
      env: { DATABASE_URL: database.url },
    });
    expect([exitCode, stdout]).toEqual([0, '']);
  });
});

describe('a database that is not there yet', () => {
  it('is named as such by commands that need its tables, without a stack', async () => {
    const name = `cli_empty_${Date.now()}`;
    await onServer(inject('serverUrl'), `CREATE DATABASE ${name}`);
    const env = { DATABASE_URL: withDatabase(inject('serverUrl'), name) };
    for (const args of [['check-invariants'], ['verify-audit'], ['grant-runtime-role', 'nobody']]) {
      const { exitCode, stdout, stderr } = await runCli(args, { env });
      expect([args, exitCode, stdout]).toEqual([args, 3, '']);
      expect(stderr).toMatch(/lacks 0001_foundation\.sql.*Run `freshbytes migrate` first/);
      expect(stderr).not.toMatch(STACK_FRAME);
    }
    await onServer(inject('serverUrl'), `DROP DATABASE ${name} WITH (FORCE)`);
  });

  it('is made neither by doctor nor by a command that has nothing to do in it', async () => {
    const dataDir = join(folder, 'absent');
    const env = { DATA_DIR: dataDir, PORT: '0' };
    const { exitCode, stdout } = await runCli(['doctor'], { env });
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^ok +database +embedded: none/m),
    ]);
    const checked = await runCli(['check-invariants'], { env });
    expect([checked.exitCode, checked.stderr]).toEqual([3, expect.stringContaining('none yet')]);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('openapi', () => {
  it('writes both documents, the same in any environment, and tells which is not that of the code', async () => {
    const out = join(folder, 'openapi');
    expect((await runCli(['openapi', '--out', out])).exitCode).toBe(0);
    await writeFile(join(out, 'v2.json'), '{}');
    const { exitCode, stderr } = await runCli(['openapi', '--check', '--out', out], {
      env: { PORT: '9999' },
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('v2.json')]);
    expect(stderr).not.toContain('v1.json');
  });
});

describe('backup', () => {
  it('says in words what is not set, while the embedded database still runs', async () => {
    const dataDir = join(folder, 'embedded');
    await runCli(['migrate'], { env: { DATA_DIR: dataDir } });
    for (const args of [['backup'], ['backup', 'list']]) {
      const { exitCode, stderr } = await runCli(args, { env: { DATA_DIR: dataDir } });
      expect([args, exitCode]).toEqual([args, 2]);
      expect(stderr).toContain('error BACKUP_DIR');
      expect(stderr).not.toMatch(STACK_FRAME);
    }
  });
});

describe('doctor', () => {
  it('says a line for each thing that it looked at', async () => {
    const env = { DATABASE_URL: database.url, DATA_DIR: folder, PORT: '0' };
    const { exitCode, stdout } = await runCli(['doctor'], { env });
    expect(exitCode).toBe(0);
    const subjects = [
      'node',
      'platform',
      'settings',
      'disk',
      'port',
      'redis',
      'storage',
      'database',
      'text',
      'extensions',
      'clock',
      'migrations',
      'jobs',
      'role',
    ];
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[1]),
    ).toEqual(subjects);
  });

  it('tells whole keys of dumps from those that are not', async () => {
    const identity = await generateIdentity();
    const keys = join(folder, 'identity');
    await writeFile(keys, identity);
    const recipient = await identityToRecipient(identity);
    const env = { DATABASE_URL: database.url, DATA_DIR: folder, PORT: '0' };
    const given = { ...env, BACKUP_RECIPIENTS: recipient, BACKUP_IDENTITY_FILE: keys };
    const whole = await runCli(['doctor'], { env: given });
    expect([whole.exitCode, whole.stdout.match(/^ok +backups /gm)]).toMatchObject([
      0,
      { length: 2 },
    ]);
    const cut = { ...given, BACKUP_RECIPIENTS: recipient.slice(0, -1) };
    const { exitCode, stdout } = await runCli(['doctor'], { env: cut });
    expect([exitCode, stdout]).toEqual([
      1,
      expect.stringMatching(/^fail backups +BACKUP_RECIPIENTS/m),
    ]);
  });

  it('fails where the database does not answer, and warns of a Redis that does not', async () => {
    const env = {
      DATABASE_URL: 'postgres://localhost:1/none',
      REDIS_URL: 'redis://127.0.0.1:1',
      DATA_DIR: folder,
      PORT: '0',
    };
    const { exitCode, stdout } = await runCli(['doctor'], { env });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^fail database +PostgreSQL does not answer/m);
    expect(stdout).toMatch(/^warn redis/m);
  });
});
