// For the tests of this folder: people who come through the front door, and the messages that were sent to them.
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { TestApp } from '../../../test/support/app.ts';
import { buildApp } from '../../app.ts';
import { openDatabase } from '../../db/database.ts';
import {
  type DevMessage,
  listDevMessages,
  MAX_DEV_MESSAGES,
} from '../../gateways/messages/dev-messages.ts';
import { createRateLimits } from '../../http/limits/rate-limit.ts';
import { createLog } from '../../telemetry/log.ts';
import { detachTrace } from '../../telemetry/traces/trace-context.ts';
import { loadTokens } from '../../tokens/tokens.ts';
import { sendCodeJob } from '../auth/codes/codes.jobs.ts';
import { sendMessageJob } from '../notifications/notifications.jobs.ts';
import { sendChangeNoticeJob } from './contacts/contacts.jobs.ts';

export const PASSWORD = 'kalabasa-sa-ilalim-7';

let counter = 0;

/** A valid registration that nobody else has used. */
export function registration(changes: Record<string, unknown> = {}) {
  counter += 1;
  const name = `tindera${String.fromCharCode(97 + (counter % 26))}${counter}`;
  return {
    user_name: name,
    user_email: `${name}@example.com`,
    user_phone: `0917${String(2_000_000 + counter)}`,
    password: PASSWORD,
    first_name: 'Maria',
    last_name: 'Santos',
    terms_accepted: true,
    ...changes,
  };
}

export interface Person {
  readonly user_id: string;
  readonly user_email: string;
  readonly user_phone: string;
  readonly access: string;
  readonly refresh: string;
}

/** Registers somebody and signs them in. */
export async function signUp(
  test: TestApp,
  changes: Record<string, unknown> = {},
): Promise<Person> {
  const registered = await test.call({
    method: 'POST',
    path: '/auth/register',
    body: registration(changes),
  });
  if (registered.statusCode !== 201)
    throw new Error(`registration was refused: ${registered.body}`);
  const { id, user_email, user_phone } = registered.json();
  const { access, refresh } = (await logIn(test, user_email)).json();
  return { user_id: id, user_email, user_phone, access, refresh };
}

export function logIn(test: TestApp, user_email: string, changes: Record<string, unknown> = {}) {
  return test.call({
    method: 'POST',
    path: '/auth/login',
    body: { user_email, password: PASSWORD, ...changes },
  });
}

/** Messages that were sent, oldest first, after the jobs that send them have run. */
export async function sentMessages(test: TestApp): Promise<DevMessage[]> {
  for (const job of [sendCodeJob, sendChangeNoticeJob, sendMessageJob])
    for (const data of await takeJobs(test, job.name)) await job.run(test.system, data);
  const newest = await listDevMessages(test.services.db, { limit: MAX_DEV_MESSAGES });
  return newest.reverse();
}

/** The newest code that was sent to an address. */
export async function codeSentTo(test: TestApp, to: string): Promise<string> {
  const message = (await sentMessages(test)).findLast(
    (sent) => sent.to.toLowerCase() === to.toLowerCase() && sent.code !== undefined,
  );
  if (message?.code === undefined) throw new Error(`no code was sent to ${to}`);
  return message.code;
}

/** Writes to the row that somebody confirmed their e-mail address. */
export async function confirmEmail(test: TestApp, { user_id }: Pick<Person, 'user_id'>) {
  await test.services.db
    .updateTable('users')
    .set({ email_verified_at: test.clock.now() })
    .where('id', '=', user_id)
    .execute();
}

/** Asks for a reset. @returns what must come back with the code */
export async function askForReset(test: TestApp, user_email: string): Promise<string> {
  const path = '/auth/password/forgot';
  return (await test.call({ method: 'POST', path, body: { user_email } })).json().reset_id;
}

/** Another code of the same form. */
export function otherCode(code: string, distance = 1): string {
  return String((Number(code) + distance) % 1_000_000).padStart(6, '0');
}

async function takeJobs(test: TestApp, name: string): Promise<unknown[]> {
  const { rows } = await sql<{
    data: unknown;
  }>`DELETE FROM pgboss.job WHERE name = ${name} RETURNING data`.execute(test.services.db);
  return rows.map((row) => detachTrace(row.data).data);
}

/** Asks `app`, which may be another process than the test's own. */
export async function statusOf(
  app: FastifyInstance,
  token: string,
): Promise<{ status: number; code: string | undefined }> {
  const answer = await app.inject({
    method: 'GET',
    url: '/api/v1/users/me',
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: answer.statusCode, code: answer.json().code };
}

/** Who did it and what changed, oldest first. */
export async function auditOf(test: TestApp, object_id: string, action: string) {
  const entries = await test.services.db
    .selectFrom('audit_entries')
    .selectAll()
    .where('object_id', '=', object_id)
    .where('action', '=', action)
    .orderBy('id')
    .execute();
  return entries.map(({ actor_id, changes }) => ({ actor_id, changes }));
}

export interface OtherProcess {
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

/** Shares nothing with the test's own but the environment and the database. */
export async function startOtherProcess(test: TestApp): Promise<OtherProcess> {
  const { config } = test.services;
  const { db, pool } = openDatabase({ url: test.databaseUrl, poolSize: 1, onError: () => {} });
  const tokens = await loadTokens(config);
  const log = createLog({ level: 'silent', pretty: false, version: config.version });
  const app = await buildApp({
    services: { ...test.services, db, tokens },
    log,
    pool,
    limits: createRateLimits({ config, clock: test.clock, log }),
    health: test.health,
    metrics: test.metrics,
  });
  await app.ready();
  const close = async () => {
    await app.close();
    await db.destroy();
  };
  return { app, close };
}
