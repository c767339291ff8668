// Changed addresses over HTTP: pending until confirmed, with a notice to the old one, undone from there; and claims of mailboxes.
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { DAY_MS, SECOND_MS } from '../../../lib/time.ts';
import {
  codeSentTo,
  confirmEmail,
  logIn,
  type Person,
  registration,
  sentMessages,
  signUp,
  statusOf,
} from '../users.testkit.ts';
import { UNDO_LIFETIME_MS } from './contacts.rules.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

function post(path: string, body: object, token?: string) {
  return test.call({ method: 'POST', path, token, body });
}

function patchMe({ access }: Person, body: object) {
  return test.call({ method: 'PATCH', path: '/users/me', token: access, body });
}

async function me({ access }: Person) {
  return (await test.call({ path: '/users/me', token: access })).json();
}

async function member(): Promise<Person> {
  const person = await signUp(test);
  await confirmEmail(test, person);
  return person;
}

async function toldTo(address: string) {
  return (await sentMessages(test)).filter(({ to, code }) => to === address && code === undefined);
}

/** The newest that an address was sent. */
async function undoTokenSentTo(address: string): Promise<string> {
  const text = (await toldTo(address)).at(-1)?.text ?? '';
  return /account\/undo\?token=(\S+)/.exec(text)?.[1] ?? '';
}

/** From a confirmed address to another one, all the way. */
async function changed(person: Person): Promise<string> {
  const user_email = `new-${person.user_email}`;
  await patchMe(person, { user_email });
  const code = await codeSentTo(test, user_email);
  expect((await post('/auth/verify/email', { code }, person.access)).statusCode).toBe(200);
  return user_email;
}

const undo = (token: string) => post('/auth/contact-changes/undo', { token });

describe('a changed e-mail address', () => {
  it('is pending until its code comes back; the old one stays in force and is notified', async () => {
    const person = await member();
    const user_email = `new-${person.user_email}`;
    expect((await patchMe(person, { user_email })).json()).toMatchObject({
      user_email: person.user_email,
      email_verified: true,
      pending_email: user_email,
    });
    expect((await toldTo(person.user_email)).map(({ subject }) => subject)).toEqual([
      'Somebody asked to change your e-mail address',
    ]);
    expect((await logIn(test, user_email)).statusCode).toBe(401);
    const code = await codeSentTo(test, user_email);
    await post('/auth/verify/email', { code }, person.access);
    expect(await me(person)).toMatchObject({
      user_email,
      pending_email: null,
      email_verified: true,
    });
    expect((await logIn(test, user_email)).statusCode).toBe(200);
    expect((await logIn(test, person.user_email)).statusCode).toBe(401);
    expect((await toldTo(person.user_email)).at(-1)?.subject).toBe(
      'Your e-mail address was changed',
    );
  });

  it('gets its code again on request, and is given up by naming the old one', async () => {
    const person = await member();
    const user_email = `new-${person.user_email}`;
    await patchMe(person, { user_email });
    await post('/auth/verify/email/request', {}, person.access);
    const code = await codeSentTo(test, user_email);
    await patchMe(person, { user_email: person.user_email });
    expect((await post('/auth/verify/email', { code }, person.access)).statusCode).toBe(400);
    expect(await me(person)).toMatchObject({ pending_email: null, email_verified: true });
  });

  it('that another account has confirmed is refused only to the owner of the mailbox', async () => {
    const [person, other] = [await member(), await member()];
    expect((await patchMe(person, { user_email: other.user_email })).statusCode).toBe(200);
    const code = await codeSentTo(test, other.user_email);
    expect((await post('/auth/verify/email', { code }, person.access)).json()).toMatchObject({
      status: 409,
      errors: [{ pointer: '/user_email' }],
    });
  });

  it('that another account holds unconfirmed goes to who confirms it', async () => {
    const [person, squatter] = [await member(), await signUp(test)];
    await patchMe(person, { user_email: squatter.user_email });
    const code = await codeSentTo(test, squatter.user_email);
    await post('/auth/verify/email', { code }, person.access);
    expect((await me(person)).user_email).toBe(squatter.user_email);
    expect(await statusOf(test.app, squatter.access)).toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  it('sends no notice to an old one that nobody confirmed', async () => {
    const person = await signUp(test);
    await changed(person);
    expect(await toldTo(person.user_email)).toEqual([]);
  });
});

describe('a changed phone number', () => {
  it('is pending, notified and undone like an address where the old one is confirmed', async () => {
    const person = await signUp(test);
    await test.services.db
      .updateTable('users')
      .set({ phone_verified_at: test.clock.now() })
      .where('id', '=', person.user_id)
      .execute();
    const answer = await patchMe(person, { user_phone: '0918 777 0101' });
    expect(answer.json()).toMatchObject({
      user_phone: person.user_phone,
      pending_phone: '+639187770101',
      phone_verified: true,
    });
    const code = await codeSentTo(test, '+639187770101');
    await post('/auth/verify/phone', { code }, person.access);
    expect((await me(person)).user_phone).toBe('+639187770101');
    expect((await undo(await undoTokenSentTo(person.user_phone))).statusCode).toBe(204);
    // No mailbox is confirmed, so the password stays: nobody could get another one.
    const { access } = (await logIn(test, person.user_email)).json();
    expect((await test.call({ path: '/users/me', token: access })).json()).toMatchObject({
      user_phone: person.user_phone,
      phone_verified: true,
    });
  });

  it('counts at once where nothing was confirmed', async () => {
    const person = await signUp(test);
    expect((await patchMe(person, { user_phone: '0918 777 0102' })).json()).toMatchObject({
      user_phone: '+639187770102',
      pending_phone: null,
    });
  });
});

describe('undoing', () => {
  it('restores the old address and puts out whoever changed it, with session, code, password and factor', async () => {
    const person = await member();
    const thiefs = await changed(person);
    const enrolled = await post('/auth/mfa/totp/enroll', {}, person.access);
    const epoch = Math.floor(test.clock.now().getTime() / SECOND_MS);
    const otp = generateSync({ secret: enrolled.json().secret, epoch });
    expect((await post('/auth/mfa/totp/confirm', { otp }, person.access)).statusCode).toBe(200);
    const forgot = await post('/auth/password/forgot', { user_email: thiefs });
    const { reset_id } = forgot.json();
    const code = await codeSentTo(test, thiefs);

    expect((await undo(await undoTokenSentTo(person.user_email))).statusCode).toBe(204);
    expect(await statusOf(test.app, person.access)).toMatchObject({ code: 'TOKEN_REVOKED' });
    for (const user_email of [thiefs, person.user_email])
      expect((await logIn(test, user_email)).json().code).toBe('INVALID_CREDENTIALS');
    const new_password = 'sitaw-at-okra-7';
    const stolen = { user_email: thiefs, reset_id, code, new_password };
    expect((await post('/auth/password/reset', stolen)).statusCode).toBe(400);

    const again = await post('/auth/password/forgot', { user_email: person.user_email });
    const own = await codeSentTo(test, person.user_email);
    const reset = { user_email: person.user_email, code: own, new_password };
    await post('/auth/password/reset', { ...reset, reset_id: again.json().reset_id });
    const back = await logIn(test, person.user_email, { password: new_password });
    expect(back.json().user).toMatchObject({
      user_email: person.user_email,
      email_verified: true,
      mfa_enabled: false,
    });
  });

  it('stops a change that is still pending', async () => {
    const person = await member();
    const user_email = `new-${person.user_email}`;
    await patchMe(person, { user_email });
    expect((await undo(await undoTokenSentTo(person.user_email))).statusCode).toBe(204);
    const kept = await test.services.db
      .selectFrom('users')
      .select(['user_email', 'email_verified_at'])
      .where('id', '=', person.user_id)
      .executeTakeFirstOrThrow();
    expect(kept).toMatchObject({ user_email: person.user_email });
    expect(kept.email_verified_at).not.toBeNull();
  });

  it('works once, for seven days, and cannot be undone itself', async () => {
    const person = await member();
    const second = await changed(person);
    const token = await undoTokenSentTo(person.user_email);
    const third = `${second}.ph`;
    await patchMe(person, { user_email: third });
    await post('/auth/verify/email', { code: await codeSentTo(test, third) }, person.access);
    const thiefs = await undoTokenSentTo(second);
    expect((await undo(token)).statusCode).toBe(204);
    for (const spent of [token, thiefs])
      expect((await undo(spent)).json()).toMatchObject({
        status: 400,
        errors: [{ pointer: '/token' }],
      });
    expect((await undo(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).statusCode).toBe(
      400,
    );
    const late = await member();
    await changed(late);
    const lateToken = await undoTokenSentTo(late.user_email);
    expect(UNDO_LIFETIME_MS).toBe(7 * DAY_MS);
    test.clock.advance(UNDO_LIFETIME_MS);
    expect((await undo(lateToken)).statusCode).toBe(400);
  });

  it('does nothing before it is confirmed on its page: programs follow the links of mails', async () => {
    const person = await member();
    await changed(person);
    const url = `/account/undo?token=${await undoTokenSentTo(person.user_email)}`;
    const page = await test.app.inject({ url });
    expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(page.body).toContain('<form method="post">');
    expect(await statusOf(test.app, person.access)).toMatchObject({ status: 200 });
    const press = () =>
      test.app.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: '',
      });
    expect((await press()).statusCode).toBe(200);
    expect(await statusOf(test.app, person.access)).toMatchObject({ status: 401 });
    expect((await press()).statusCode).toBe(400);
  });
});

describe('an address that somebody registered and never confirmed', () => {
  async function claim(user_email: string, code?: string) {
    const asked = await post('/auth/email/claim/request', { user_email });
    expect(asked.statusCode).toBe(202);
    const { claim_id } = asked.json();
    const sent = code ?? (await codeSentTo(test, user_email));
    return post('/auth/email/claim', { user_email, claim_id, code: sent });
  }

  it('goes to who reads the mailbox, whatever the squatter has set up', async () => {
    const squatter = await signUp(test);
    const { user_email } = squatter;
    const { secret } = (await post('/auth/mfa/totp/enroll', {}, squatter.access)).json();
    const epoch = Math.floor(test.clock.now().getTime() / SECOND_MS);
    await post('/auth/mfa/totp/confirm', { otp: generateSync({ secret, epoch }) }, squatter.access);
    const body = registration({ user_email });
    expect((await post('/auth/register', body)).statusCode).toBe(409);
    expect((await claim(user_email.toUpperCase())).statusCode).toBe(204);
    expect(await statusOf(test.app, squatter.access)).toMatchObject({ code: 'TOKEN_REVOKED' });
    expect((await post('/auth/register', body)).statusCode).toBe(201);
    expect((await logIn(test, user_email)).statusCode).toBe(200);
  });

  it('leaves a placeholder that no account can hold before or take after', async () => {
    const [person, admin] = [await signUp(test), await createActor(test, { role: 'admin' })];
    const guessed = `${person.user_id}@released.invalid`;
    const refused = { status: 400, errors: [{ pointer: '/user_email' }] };
    for (const user_email of [guessed, 'Anybody@Released.INVALID']) {
      const registered = await post('/auth/register', registration({ user_email }));
      expect(registered.json()).toMatchObject(refused);
      expect((await patchMe(person, { user_email })).json()).toMatchObject(refused);
      const path = `/users/${person.user_id}`;
      const set = { method: 'PATCH', path, token: admin.token, body: { user_email } } as const;
      expect((await test.call(set)).json()).toMatchObject(refused);
    }
    expect((await claim(person.user_email)).statusCode).toBe(204);
    const { user_email } = await test.services.db
      .selectFrom('users')
      .select('user_email')
      .where('id', '=', person.user_id)
      .executeTakeFirstOrThrow();
    expect(user_email).toMatch(/@released\.invalid$/);
    expect(user_email).not.toBe(guessed);
  });

  it('is not freed by a wrong code, nor is one that is confirmed, and the answers do not reveal it', async () => {
    const [held, own] = [await signUp(test), await member()];
    const answers = [];
    for (const user_email of [held.user_email, own.user_email, 'free@example.com']) {
      test.statements.length = 0;
      const asked = await post('/auth/email/claim/request', { user_email });
      const { message, claim_id } = asked.json();
      const body = { user_email, claim_id, code: '000000' };
      const refused = await post('/auth/email/claim', body);
      answers.push([asked.statusCode, message, refused.statusCode, [...test.statements]]);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    const got = (await sentMessages(test)).filter(({ subject }) => subject.startsWith('Free your'));
    expect(got.filter(({ to }) => to === own.user_email)).toEqual([]);
    expect((await me(own)).user_email).toBe(own.user_email);
  });
});

describe('codes to one place', () => {
  it('are capped over all accounts that ask for them', async () => {
    const user_phone = '0919 222 0101';
    const { CODES_PER_ADDRESS_HOUR } = test.services.config;
    const statuses = [];
    for (let i = 0; i < CODES_PER_ADDRESS_HOUR + 2; i += 1) {
      const { access } = await signUp(test, { user_phone });
      statuses.push((await post('/auth/verify/phone/request', {}, access)).statusCode);
    }
    expect(statuses).toEqual([...Array(CODES_PER_ADDRESS_HOUR).fill(202), 429, 429]);
  });

  it('are capped by SMS over everybody, while mail goes on', async () => {
    const few = await createTestApp({ env: { SMS_CODES_PER_DAY: '2' } });
    try {
      const ask = async (contact: string) => {
        const { token } = await createActor(few, { verified: false });
        const path = `/auth/verify/${contact}/request`;
        return (await few.call({ method: 'POST', path, token })).statusCode;
      };
      expect([await ask('phone'), await ask('phone'), await ask('phone')]).toEqual([202, 202, 429]);
      expect(await ask('email')).toBe(202);
      few.clock.advance(DAY_MS);
      expect(await ask('phone')).toBe(202);
    } finally {
      await few.close();
    }
  });
});

it('an address that an admin replaced is notified, and what was pending or could be undone is void', async () => {
  const admin = await createActor(test, { role: 'admin' });
  const person = await member();
  const first = person.user_email;
  const second = await changed(person);
  const token = await undoTokenSentTo(first);
  await patchMe(person, { user_email: `other-${person.user_email}` });
  const user_email = `support-${person.user_email}`;
  const path = `/users/${person.user_id}`;
  await test.call({ method: 'PATCH', path, token: admin.token, body: { user_email } });
  expect((await toldTo(second)).at(-1)?.subject).toContain('Support changed');
  expect(await statusOf(test.app, person.access)).toMatchObject({ code: 'TOKEN_REVOKED' });
  expect((await undo(token)).json()).toMatchObject({ errors: [{ pointer: '/token' }] });
  const after = await test.call({ path, token: admin.token });
  expect(after.json()).toMatchObject({ user_email, email_verified: false });
});
