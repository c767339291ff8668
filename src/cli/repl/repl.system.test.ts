// `repl` as a process: scripts on a pipe, and a prompt at a terminal.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { runCli } from '../../../test/support/processes/cli.ts';
import { PRODUCTION } from '../../../test/support/processes/production.ts';
import { findUserById } from '../../modules/users/users.queries.ts';

/** Each command is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 90_000 });

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;
const WAIT = { timeout: 60_000, interval: 20 };

const APP_SECRET = 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe';

let test: TestApp;
let home: string;
let seller: TestActor;
let user_email: string;
beforeAll(async () => {
  test = await createTestApp();
  home = await mkdtemp(join(tmpdir(), 'freshbytes-repl-'));
  seller = await createActor(test, { role: 'seller' });
  user_email = `seller-${seller.user_id}@example.com`;
});
afterAll(async () => {
  await test.close();
  await rm(home, { recursive: true, force: true });
});

const environment = () => ({ DATABASE_URL: test.databaseUrl, APP_SECRET, HOME: home });
const run = (script: string, ...flags: string[]) =>
  runCli(['repl', ...flags], { env: environment(), input: script });
/** Writes inside a transaction, as a service would. */
const rename = (name: string) =>
  `await tx((ctx) => queries.users.updateUser(ctx.db, '${seller.user_id}', { first_name: '${name}' }))`;
const firstName = async () => (await findUserById(test.services.db, seller.user_id))?.first_name;

describe('a script on a pipe', () => {
  it('calls queries and services, as the system or as a user', async () => {
    const found = await run(`(await queries.users.findUserByEmail(db, '${user_email}')).id`);
    expect([found.exitCode, found.stdout]).toEqual([0, `${seller.user_id}\n`]);
    const acting = await run(`const theirs = await as('${user_email}');
      const cart = await services.carts.getCart(theirs);
      const { rows } = await sql\`SELECT count(*) AS users FROM users\`.execute(db);
      return { actor: theirs.actor.kind, seller: theirs.actor.seller, cart, users: rows[0].users, system: ctx.actor.kind };`);
    expect([acting.exitCode, acting.stdout]).toEqual([
      0,
      expect.stringContaining(`seller: { id: '${seller.seller_id}', status: 'VERIFIED' }`),
    ]);
    expect(acting.stdout).toMatch(/cart: \[\],\s+users: 1,\s+system: 'system'/);
  });

  it('changes nothing, inside or outside, unless --write is given', async () => {
    const refused = await run(rename('Nena'));
    expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('start it with --write');
    expect(await firstName()).toBe('Maria');
    const mail = await run('await ctx.gateways.mail.send({})');
    expect([mail.exitCode, mail.stderr]).toEqual([1, expect.stringContaining('--write')]);
    const written = await run(rename('Nena'), '--write');
    expect([written.exitCode, written.stderr]).toEqual([
      0,
      expect.stringContaining('changes are allowed'),
    ]);
    expect(await firstName()).toBe('Nena');
  });

  it('that fails ends with exit code 1; a context is printed without secrets', async () => {
    const failed = await run(`await as('nobody@example.com')`);
    expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining('No user has')]);
    expect((await run('const {')).stderr).toContain('SyntaxError');
    const printed = await run(`[ctx, { ...ctx }, await as(\`${user_email}\`), ctx.config]`);
    expect(printed.stdout).toContain("actor: { kind: 'system' }");
    expect(printed.stdout).not.toContain(APP_SECRET);
  });
});

it('in production says which database it is on, and reads only', async () => {
  const env = { ...PRODUCTION, ...environment(), DATABASE_URL: test.databaseUrl };
  const { exitCode, stderr } = await runCli(['repl'], { env, input: rename('Rosa') });
  const { host, pathname } = new URL(test.databaseUrl);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`production database ${pathname.slice(1)} at ${host}`);
  expect(await firstName()).not.toBe('Rosa');
});

it.runIf(HAS_SCRIPT)('at a terminal it is a prompt with a history', async () => {
  const child = spawn(
    'script',
    ['-qec', `${process.execPath} bin/freshbytes.js repl`, '/dev/null'],
    {
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', TERM: 'dumb', ...environment() },
    },
  );
  const ended = once(child, 'exit');
  let shown = '';
  child.stdout.on('data', (chunk) => {
    shown += String(chunk);
  });
  const type = async (line: string, answer: string) => {
    await vi.waitUntil(() => shown.includes('freshbytes> '), WAIT);
    shown = '';
    child.stdin.write(`${line}\r`);
    await vi.waitUntil(() => shown.includes(answer), WAIT);
  };
  await type(`const user = await queries.users.findUserByEmail(db, '${user_email}')`, 'undefined');
  await type('[user.role, user.id.length]', '36');
  await type(rename('Rosa'), 'start it with --write');
  await type('.exit', '.exit');
  expect((await ended)[0]).toBe(0);
  expect(await readFile(join(home, '.freshbytes_repl_history'), 'utf8')).toContain('user.role');
});
