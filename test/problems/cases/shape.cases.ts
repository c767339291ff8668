// Refusals that a route's shape brings with it, provoked in the same way on every route.
import { sql } from 'kysely';
import { MAX_BODY_BYTES } from '../../../src/http/intake/json-body.ts';
import { newId } from '../../../src/lib/ids.ts';
import { MAX_IMAGE_BYTES } from '../../../src/modules/catalog/images/images.rules.ts';
import { expectedAnswer, NOT_FOUND } from '../../authorization/expectation.ts';
import { caseOf } from '../../authorization/routes.ts';
import { TEST_BARANGAY } from '../../support/actors.ts';
import type { Refusal } from '../form.ts';
import { type Attempt, ask, type Changes, excludedFrom, type Provoke } from '../operations.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ANOTHER_REQUEST = {
  label: 'Home',
  recipient_name: 'Maria Santos',
  recipient_phone: '09171234567',
  street: '12 Rizal St.',
  barangay_code: TEST_BARANGAY,
};

export const shapeCases: Readonly<Record<string, Provoke>> = {
  '400 VALIDATION_ERROR': (attempt) => ask(attempt, { suffix: '?surprise=1' }),
  '400 IDEMPOTENCY_KEY_REQUIRED': (attempt) => ask(attempt, { withoutKey: true }),
  // Routes that are open to all refuse it too.
  '401 UNAUTHENTICATED': (attempt) =>
    ask(attempt, { headers: { authorization: 'Bearer kamatis' } }),
  '401 TOKEN_EXPIRED': (attempt) => ask(attempt, { by: 'expired' }),
  '401 TOKEN_REVOKED': (attempt) => ask(attempt, { by: 'revoked' }),
  '403 FORBIDDEN': (attempt) => ask(attempt, { by: excludedFrom(attempt.operation.route) }),
  '403 MFA_REQUIRED': (attempt) => ask(attempt, { through: attempt.stage.instances.strict }),
  '403 STEP_UP_REQUIRED': (attempt) => askLongAfterSignIn(attempt),
  '403 VERIFICATION_REQUIRED': (attempt) => ask(attempt, { by: 'unverified' }),
  '404 NOT_FOUND': askForNothing,
  '409 IDEMPOTENCY_IN_PROGRESS': askTwiceAtOnce,
  '413 PAYLOAD_TOO_LARGE': sendTooMuch,
  '415 UNSUPPORTED_MEDIA_TYPE': (attempt) =>
    ask(attempt, { body: 'kamatis', headers: { 'content-type': 'text/plain' } }),
  '422 IDEMPOTENCY_KEY_REUSED': askWithUsedKey,
  '429 RATE_LIMITED': async (attempt) => {
    const asked = { by: 'nobody', through: attempt.stage.instances.exhausted } as const;
    // What has a quota of its own spends it first.
    await ask(attempt, asked);
    return ask(attempt, asked);
  },
  '500 INTERNAL_ERROR': (attempt) => ask(attempt, { through: attempt.stage.instances.broken }),
  '503 SERVICE_UNAVAILABLE': (attempt) => ask(attempt, { through: attempt.stage.instances.cutOff }),
};

/** As if the session of who calls had been proven too long ago. */
export async function askLongAfterSignIn(
  attempt: Attempt,
  changes: Changes = {},
): Promise<Refusal> {
  const { stage, me } = attempt;
  const { db } = stage.test.services;
  const move = (minutes: number) =>
    db
      .updateTable('sessions')
      .set({ created_at: sql`created_at + ${minutes} * interval '1 minute'` })
      .where('id', '=', me.session_id)
      .execute();
  await move(-6);
  const refusal = await ask(attempt, changes);
  await move(6);
  return refusal;
}

function askForNothing(attempt: Attempt): Promise<Refusal> {
  const { call, operation } = attempt;
  const { route } = operation;
  const relation = 'absent';
  const answer = expectedAnswer(route, caseOf(route), { caller: call.caller.kind, relation });
  // Where removing what was never there succeeds, only what cannot exist is not found.
  return ask(attempt, answer === NOT_FOUND ? {} : { names: { id: 'x1', part_id: 'x2' } });
}

/** While nobody can read the kept answers, the first request with a key cannot end. */
async function askTwiceAtOnce(attempt: Attempt): Promise<Refusal> {
  const { outsider } = attempt.stage;
  const headers = { 'idempotency-key': newId() };
  await outsider.query('BEGIN; LOCK TABLE idempotency_keys');
  const both = [ask(attempt, { headers }), ask(attempt, { headers })];
  try {
    return await Promise.race(both);
  } finally {
    await outsider.query('ROLLBACK');
    await Promise.all(both);
  }
}

async function askWithUsedKey(attempt: Attempt): Promise<Refusal> {
  const { stage, me } = attempt;
  const headers = { 'idempotency-key': newId() };
  const { token } = me;
  const path = '/users/me/addresses';
  await stage.test.call({ method: 'POST', path, token, headers, body: ANOTHER_REQUEST });
  return ask(attempt, { headers });
}

function sendTooMuch(attempt: Attempt): Promise<Refusal> {
  if (attempt.operation.route.consumes !== undefined)
    return ask(attempt, { body: Buffer.alloc(MAX_IMAGE_BYTES + 1) });
  const body = JSON.stringify({ surprise: 'a'.repeat(MAX_BODY_BYTES) });
  return ask(attempt, { body, headers: JSON_TYPE });
}
