// How accounts refuse: what is taken, passwords, codes and tokens that do not count, and too many tries.
import { newId } from '../../../src/lib/ids.ts';
import { MAX_ADDRESSES } from '../../../src/modules/addresses/addresses.service.ts';
import { MAX_FACTOR_FAILURES } from '../../../src/modules/auth/mfa/mfa.service.ts';
import { hashPassword } from '../../../src/modules/auth/passwords/passwords.ts';
import { endAllSessions } from '../../../src/modules/auth/sessions/sessions.service.ts';
import {
  askForReset,
  codeSentTo,
  PASSWORD,
  registration,
} from '../../../src/modules/users/users.testkit.ts';
import { asCustomer, makeAddress, makeShippedSale } from '../../authorization/fixtures.ts';
import { createActor } from '../../support/actors.ts';
import { amongCrowd } from '../crowd.ts';
import { createEnrolled, createMember, makeConfirmedChange } from '../members.ts';
import { type Attempt, ask, type Changes, type Provocations } from '../operations.ts';
import { askLongAfterSignIn } from './shape.cases.ts';

/** In the form of a recovery code, so that it is never by chance the right one. */
const WRONG_OTP = 'AAAAA-AAAAA';

const askCrowded = (attempt: Attempt, changes: Changes = {}) =>
  amongCrowd(
    () => hashPassword(attempt.stage.test.system, PASSWORD),
    () => ask(attempt, changes),
  );

export const accountCases: Provocations = {
  'POST /auth/register': {
    '409 CONFLICT': async (attempt) => {
      const { user_email } = await createMember(attempt.stage.test);
      return ask(attempt, { body: registration({ user_email }) });
    },
    '503 SERVICE_UNAVAILABLE': askCrowded,
  },
  'POST /auth/login': {
    '401 INVALID_CREDENTIALS': (attempt) => ask(attempt),
    '401 MFA_REQUIRED': async (attempt) => {
      const { test } = attempt.stage;
      const { user_email } = await createEnrolled(test, { mfa_enabled_at: test.clock.now() });
      return ask(attempt, { body: { user_email, password: PASSWORD } });
    },
    '403 ACCOUNT_INACTIVE': async (attempt) => {
      const { user_email } = await createMember(attempt.stage.test, { is_active: false });
      return ask(attempt, { body: { user_email, password: PASSWORD } });
    },
    '503 SERVICE_UNAVAILABLE': askCrowded,
  },
  'POST /auth/login/refresh': {
    '401 UNAUTHENTICATED': (attempt) => ask(attempt, { body: { refresh: 'kamatis' } }),
    '401 TOKEN_EXPIRED': async (attempt) => {
      const { clock, services } = attempt.stage.test;
      const { refresh, session_id } = await createActor(attempt.stage.test);
      const expires_at = clock.now();
      await services.db
        .updateTable('sessions')
        .set({ expires_at })
        .where('id', '=', session_id)
        .execute();
      return ask(attempt, { body: { refresh } });
    },
    '401 TOKEN_REVOKED': async (attempt) => {
      const actor = await createActor(attempt.stage.test);
      await endAllSessions(asCustomer(attempt.stage.test, actor));
      return ask(attempt, { body: { refresh: actor.refresh } });
    },
  },
  'POST /auth/step-up': {
    ...factorCases(true, { password: PASSWORD }),
    '401 MFA_REQUIRED': async (attempt) => {
      const { test } = attempt.stage;
      const by = await createEnrolled(test, { mfa_enabled_at: test.clock.now() });
      return ask(attempt, { by, body: { password: PASSWORD } });
    },
    '503 SERVICE_UNAVAILABLE': askCrowded,
  },
  'POST /auth/password/reset': {
    '503 SERVICE_UNAVAILABLE': async (attempt) => {
      const { test } = attempt.stage;
      const { user_email } = await createMember(test);
      const reset_id = await askForReset(test, user_email);
      const code = await codeSentTo(test, user_email);
      const body = { user_email, reset_id, code, new_password: PASSWORD };
      return askCrowded(attempt, { body });
    },
  },
  'POST /auth/contact-changes/undo': {
    '409 CONFLICT': async (attempt) => {
      const { test } = attempt.stage;
      const { token, old_email } = await makeConfirmedChange(test);
      await createMember(test, { user_email: old_email });
      return ask(attempt, { body: { token } });
    },
    '503 SERVICE_UNAVAILABLE': async (attempt) => {
      const { token } = await makeConfirmedChange(attempt.stage.test);
      return askCrowded(attempt, { body: { token } });
    },
  },
  'POST /auth/password/change': {
    '401 INVALID_CREDENTIALS': (attempt) =>
      ask(attempt, { body: { current_password: 'not-the-password', new_password: PASSWORD } }),
    '503 SERVICE_UNAVAILABLE': askCrowded,
  },

  'POST /auth/verify/email/request': {
    '409 CONFLICT': (attempt) => ask(attempt),
    '429 RATE_LIMITED': (attempt) => askForCodes(attempt, { email_verified_at: null }),
  },
  'POST /auth/verify/phone/request': {
    '409 CONFLICT': async (attempt) => {
      const { test } = attempt.stage;
      return ask(attempt, {
        by: await createMember(test, { phone_verified_at: test.clock.now() }),
      });
    },
    '429 RATE_LIMITED': (attempt) => askForCodes(attempt, {}),
  },
  'POST /auth/verify/email': {
    '409 CONFLICT': async (attempt) => {
      const { test } = attempt.stage;
      const { user_email } = await createMember(test);
      const second = await createMember(test);
      const { token } = second;
      await test.call({ method: 'PATCH', path: '/users/me', token, body: { user_email } });
      return ask(attempt, { by: second, body: { code: await codeSentTo(test, user_email) } });
    },
  },
  'POST /auth/verify/phone': {
    '409 CONFLICT': async (attempt) => {
      const { test } = attempt.stage;
      const { user_phone } = await createMember(test, { phone_verified_at: test.clock.now() });
      const second = await createMember(test, { user_phone });
      const path = '/auth/verify/phone/request';
      await test.call({ method: 'POST', path, token: second.token });
      return ask(attempt, { by: second, body: { code: await codeSentTo(test, user_phone) } });
    },
  },

  'POST /auth/mfa/totp/enroll': {
    '409 CONFLICT': async (attempt) => {
      const { test } = attempt.stage;
      return ask(attempt, {
        by: await createEnrolled(test, { mfa_enabled_at: test.clock.now() }),
      });
    },
  },
  'POST /auth/mfa/totp/confirm': { ...factorCases(false), '409 CONFLICT': ask },
  'POST /auth/mfa/totp/disable': { ...factorCases(true), '409 CONFLICT': ask },

  'PATCH /users/me': {
    '403 STEP_UP_REQUIRED': (attempt) =>
      askLongAfterSignIn(attempt, { body: { user_phone: '09171234567' } }),
    '409 CONFLICT': async (attempt) => {
      const { user_name } = await createMember(attempt.stage.test);
      return ask(attempt, { body: { user_name } });
    },
    '429 RATE_LIMITED': (attempt) =>
      askForCodes(attempt, {}, { body: { user_email: `${newId()}@example.com` } }),
  },
  'DELETE /users/me': {
    '409 CONFLICT': (attempt) => ask(attempt, { by: 'seller' }),
    '409 OPEN_ORDERS': async (attempt) => {
      await makeShippedSale(attempt.stage.test, {
        customer: attempt.me,
        seller: attempt.stage.strangers.rival,
      });
      return ask(attempt);
    },
  },
  'PATCH /users/:id': {
    '403 STEP_UP_REQUIRED': (attempt) => askLongAfterSignIn(attempt, { body: { role: 'admin' } }),
    '409 CONFLICT': async (attempt) => {
      const { user_name } = await createMember(attempt.stage.test);
      return ask(attempt, { names: { id: attempt.me.user_id }, body: { user_name } });
    },
  },
  'DELETE /users/:id': {
    '409 CONFLICT': (attempt) =>
      ask(attempt, { names: { id: attempt.stage.strangers.rival.user_id } }),
    '409 OPEN_ORDERS': async (attempt) => {
      const customer = await createActor(attempt.stage.test);
      await makeShippedSale(attempt.stage.test, {
        customer,
        seller: attempt.stage.strangers.rival,
      });
      return ask(attempt, { names: { id: customer.user_id } });
    },
  },
  'POST /users/:id/mfa/clear': {
    '409 CONFLICT': (attempt) => ask(attempt, { names: { id: attempt.me.user_id } }),
  },
  'POST /users/:id/restore': {
    '409 CONFLICT': (attempt) => ask(attempt, { names: { id: attempt.me.user_id } }),
  },
  'POST /users/me/addresses': {
    '409 LIMIT_REACHED': async (attempt) => {
      await fillAddressBook(attempt);
      return ask(attempt);
    },
  },
};

async function askForCodes(
  attempt: Attempt,
  columns: Parameters<typeof createMember>[1],
  changes: Changes = {},
) {
  const by = await createMember(attempt.stage.test, columns);
  const { CODES_PER_ADDRESS_HOUR } = attempt.stage.test.services.config;
  for (let i = 0; i < CODES_PER_ADDRESS_HOUR; i += 1) await ask(attempt, { by, ...changes });
  return ask(attempt, { by, ...changes });
}

/** @param isOn whether the second factor counts already @param rest of the body */
function factorCases(isOn: boolean, rest: object = {}) {
  const withFactor = ({ stage: { test } }: Attempt, columns = {}) => {
    const mfa_enabled_at = isOn ? test.clock.now() : null;
    return createEnrolled(test, { mfa_enabled_at, ...columns });
  };
  const body = { ...rest, otp: WRONG_OTP };
  return {
    '401 INVALID_CREDENTIALS': async (attempt: Attempt) =>
      ask(attempt, { by: await withFactor(attempt), body }),
    '429 RATE_LIMITED': async (attempt: Attempt) => {
      const mfa_failed_at = attempt.stage.test.clock.now();
      const columns = { mfa_failures: MAX_FACTOR_FAILURES, mfa_failed_at };
      return ask(attempt, { by: await withFactor(attempt, columns), body });
    },
  };
}

/** Copies one address until no more fit. */
async function fillAddressBook({ stage: { test }, me }: Attempt): Promise<void> {
  const { db } = test.services;
  const { id } = await makeAddress(test, me);
  const address = await db
    .selectFrom('addresses')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const copies = Array.from({ length: MAX_ADDRESSES - 1 }, () => ({
    ...address,
    id: newId(),
    is_default: false,
  }));
  await db.insertInto('addresses').values(copies).execute();
}
