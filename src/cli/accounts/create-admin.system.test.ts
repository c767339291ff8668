// `user create-admin` at a terminal: each answer is judged as it is given.
import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { passedOn, runCli } from '../../../test/support/processes/cli.ts';

vi.setConfig({ testTimeout: 120_000 });

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;
const WAIT = { timeout: 60_000, interval: 20 };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it.runIf(HAS_SCRIPT)('asks again at once where an answer is not accepted', async () => {
  const command = `${process.execPath} bin/freshbytes.js user create-admin --email boss@example.com`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...passedOn(), NODE_ENV: 'test', DATABASE_URL: database.url },
  });
  let shown = '';
  child.stdout.on('data', (text) => {
    shown += String(text);
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const answer = async (question: string, text: string) => {
    await vi.waitUntil(() => shown.includes(question), WAIT);
    shown = shown.slice(shown.indexOf(question) + question.length);
    child.stdin.write(`${text}\r`);
  };
  await answer('User name: ', 'x');
  await answer('It must be 3 to 32 letters', 'boss');
  await answer('Mobile number: ', '12');
  await answer('It must be a Philippine mobile number', '0917 123 4567');
  await answer('First name: ', 'Ana');
  await answer('Last name: ', 'Cruz');
  await answer('Password: ', 'password123');
  await answer('tried first', 'kalabasa-sa-ilalim-7');
  await answer('The same again: ', 'kalabasa-sa-ilalim-7');
  await vi.waitUntil(() => shown.includes('created the admin boss@example.com'), WAIT);
  expect(await ended).toBe(0);
});

it('judges what is given before anything else', async () => {
  const args = ['--email', 'boss', '--phone', '12'];
  const { exitCode, stderr } = await runCli(['user', 'create-admin', ...args], {
    env: { DATABASE_URL: 'postgres://localhost:1/none' },
  });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/user_email must be an e-mail address/);
  expect(stderr).toMatch(/user_phone must be a Philippine mobile number/);
  expect(stderr).not.toContain('is missing');
});
