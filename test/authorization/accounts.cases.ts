// The matrix's cases of accounts: signing in, sessions, profiles and addresses.
import { newId } from '../../src/lib/ids.ts';
import { hashPassword } from '../../src/modules/auth/passwords/passwords.ts';
import { startSession } from '../../src/modules/auth/sessions/sessions.service.ts';
import { undoToken } from '../../src/modules/users/contacts/contacts.rules.ts';
import { configuredKeys } from '../../src/tokens/derived-keys.ts';
import { TEST_BARANGAY } from '../support/actors.ts';
import {
  type Cases,
  CONFLICT,
  INVALID_CREDENTIALS,
  NOBODY_ELSES,
  VALIDATION_ERROR,
} from './expectation.ts';
import { ADDRESS, ENROLLED_USER, REMOVED_USER, type Scene, SESSION, USER } from './objects.ts';

const PASSWORD = 'kalabasa-sa-ilalim-7';
const someEmail = () => `${newId()}@example.com`;
const NEW_ADDRESS = {
  label: 'Farm',
  recipient_name: 'Jose Cruz',
  recipient_phone: '09171234567',
  street: 'Km. 6',
  barangay_code: TEST_BARANGAY,
};

async function givePassword({ test, me: { user_id } }: Scene): Promise<void> {
  const password_hash = await hashPassword(test.system, PASSWORD);
  await test.services.db
    .updateTable('users')
    .set({ password_hash })
    .where('id', '=', user_id)
    .execute();
}

export const accountCases: Cases = {
  'POST /auth/register': {
    who: 'signedOut',
    body: () => ({
      user_name: newId().slice(-32),
      user_email: someEmail(),
      user_phone: '09171234567',
      password: PASSWORD,
      first_name: 'Jose',
      last_name: 'Cruz',
      terms_accepted: true,
    }),
  },
  'POST /auth/login': {
    who: 'signedOut',
    body: () => ({ user_email: someEmail(), password: 'not-the-password' }),
    expect: INVALID_CREDENTIALS,
  },
  'POST /auth/login/refresh': {
    who: 'signedOut',
    body: async (_names, { test, stranger: { user_id } }) => {
      const { refresh } = await startSession(test.system, { user_id });
      return { refresh };
    },
  },
  'POST /auth/step-up': {
    who: 'signedIn',
    body: async (_names, scene) => {
      await givePassword(scene);
      return { password: PASSWORD };
    },
  },
  'POST /auth/logout': { who: 'signedIn', body: (_names, { me }) => ({ refresh: me.refresh }) },
  'GET /auth/permissions': { who: 'signedIn' },
  'GET /auth/sessions': { who: 'signedIn' },
  'DELETE /auth/sessions': { who: 'signedIn' },
  'DELETE /auth/sessions/:id': { who: 'signedIn', object: SESSION, deviations: NOBODY_ELSES },
  'GET /auth/verification-status': { who: 'signedIn' },
  'POST /auth/verify/email/request': {
    who: 'signedIn',
    expect: { unverified: '202', others: CONFLICT },
  },
  'POST /auth/verify/email': {
    who: 'signedIn',
    body: () => ({ code: '000000' }),
    expect: VALIDATION_ERROR,
  },
  'POST /auth/verify/phone/request': { who: 'signedIn' },
  'POST /auth/verify/phone': {
    who: 'signedIn',
    body: () => ({ code: '000000' }),
    expect: VALIDATION_ERROR,
  },
  'POST /auth/password/forgot': { who: 'signedOut', body: () => ({ user_email: someEmail() }) },
  'POST /auth/password/reset': {
    who: 'signedOut',
    body: () => ({
      user_email: someEmail(),
      reset_id: newId(),
      code: '000000',
      new_password: PASSWORD,
    }),
    expect: VALIDATION_ERROR,
  },
  'POST /auth/password/change': {
    who: 'signedIn',
    body: async (_names, scene) => {
      await givePassword(scene);
      return { current_password: PASSWORD, new_password: `${PASSWORD}-2` };
    },
  },
  'POST /auth/email/claim/request': {
    who: 'signedOut',
    body: () => ({ user_email: someEmail() }),
  },
  'POST /auth/email/claim': {
    who: 'signedOut',
    body: () => ({ user_email: someEmail(), claim_id: newId(), code: '000000' }),
    expect: VALIDATION_ERROR,
  },
  'POST /auth/contact-changes/undo': {
    who: 'signedOut',
    body: (_names, { test }) => {
      const [key] = configuredKeys(test.services.config, 'contact-undo');
      return { token: undoToken(key, newId()) };
    },
    expect: VALIDATION_ERROR,
  },
  'POST /auth/mfa/totp/enroll': { who: 'signedIn' },
  'POST /auth/mfa/totp/confirm': {
    who: 'signedIn',
    body: () => ({ otp: '000000' }),
    expect: CONFLICT,
  },
  'POST /auth/mfa/totp/disable': {
    who: 'signedIn',
    body: () => ({ otp: '000000' }),
    expect: CONFLICT,
  },

  'GET /users/me': { who: 'signedIn' },
  'PATCH /users/me': { who: 'signedIn', body: () => ({ first_name: 'Ana' }) },
  'DELETE /users/me': {
    who: 'signedIn',
    expect: { seller: CONFLICT, pending: CONFLICT, suspended: CONFLICT },
  },
  'GET /users': { who: 'admin' },
  'GET /users/:id': { who: 'admin', object: USER },
  'PATCH /users/:id': { who: 'admin', object: USER, body: () => ({ first_name: 'Ana' }) },
  'DELETE /users/:id': { who: 'admin', object: USER },
  'POST /users/:id/mfa/clear': { who: 'admin', object: ENROLLED_USER },
  'POST /users/:id/restore': { who: 'admin', object: REMOVED_USER },
  'GET /users/me/addresses': { who: 'signedIn' },
  'POST /users/me/addresses': { who: 'signedIn', body: () => NEW_ADDRESS },
  'GET /users/me/addresses/:id': { who: 'signedIn', object: ADDRESS, deviations: NOBODY_ELSES },
  'PATCH /users/me/addresses/:id': {
    who: 'signedIn',
    object: ADDRESS,
    body: () => ({ label: 'Farm' }),
    deviations: NOBODY_ELSES,
  },
  'DELETE /users/me/addresses/:id': { who: 'signedIn', object: ADDRESS, deviations: NOBODY_ELSES },

  'GET /places': { who: 'anyone' },
  'GET /audit-logs': { who: 'admin' },
};
