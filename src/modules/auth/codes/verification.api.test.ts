// Confirming an e-mail address and a phone number over HTTP.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { HOUR_MS, MINUTE_MS } from '../../../lib/time.ts';
import {
  codeSentTo,
  logIn,
  otherCode,
  type Person,
  sentMessages,
  signUp,
} from '../../users/users.testkit.ts';
import { CODE_LIFETIME_MS, MAX_CODE_ATTEMPTS } from './codes.rules.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

const CONTACTS = [
  ['email', 'user_email', 'email'],
  ['phone', 'user_phone', 'sms'],
] as const;

function request(contact: string, token?: string) {
  return test.call({ method: 'POST', path: `/auth/verify/${contact}/request`, token });
}

function confirm(contact: string, token: string, code: unknown) {
  return test.call({ method: 'POST', path: `/auth/verify/${contact}`, token, body: { code } });
}

function status(person: Person) {
  return test.call({ path: '/auth/verification-status', token: person.access });
}

describe.each(CONTACTS)('a code for my %s', (contact, field, channel) => {
  async function requested(): Promise<Person & { code: string }> {
    const person = await signUp(test);
    expect((await request(contact, person.access)).statusCode).toBe(202);
    return { ...person, code: await codeSentTo(test, person[field]) };
  }

  it('is six digits, sent there and nowhere else, and confirms it for the token that I hold', async () => {
    const person = await requested();
    const sent = (await sentMessages(test)).filter(
      ({ to }) => to === person.user_email || to === person.user_phone,
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      channel,
      to: person[field],
      code: expect.stringMatching(/^\d{6}$/),
    });
    expect(sent[0]?.text).toContain(person.code);
    expect((await status(person)).json()).toMatchObject({
      verification_status: 'UNVERIFIED',
      can_perform_actions: false,
    });
    const answer = await confirm(contact, person.access, person.code);
    expect(answer.json()).toMatchObject({
      verification_status: 'VERIFIED',
      can_perform_actions: true,
    });
    expect((await status(person)).json()).toMatchObject({
      [`${contact}_verified`]: true,
      can_perform_actions: true,
    });
  });

  it('works once', async () => {
    const person = await requested();
    await confirm(contact, person.access, person.code);
    expect((await confirm(contact, person.access, person.code)).statusCode).toBe(400);
    expect((await request(contact, person.access)).json()).toMatchObject({
      status: 409,
      code: 'CONFLICT',
    });
  });

  it('is void once there is a new one', async () => {
    const person = await requested();
    await request(contact, person.access);
    const fresh = await codeSentTo(test, person[field]);
    if (fresh !== person.code)
      expect((await confirm(contact, person.access, person.code)).statusCode).toBe(400);
    expect((await confirm(contact, person.access, fresh)).statusCode).toBe(200);
  });

  it('is dead after five wrong tries, and a new one lives', async () => {
    const person = await requested();
    for (let i = 1; i <= MAX_CODE_ATTEMPTS; i += 1) {
      const answer = await confirm(contact, person.access, otherCode(person.code, i));
      expect(answer.json()).toMatchObject({
        status: 400,
        code: 'VALIDATION_ERROR',
        errors: [{ pointer: '/code' }],
      });
    }
    expect((await confirm(contact, person.access, person.code)).statusCode).toBe(400);
    await request(contact, person.access);
    expect(
      (await confirm(contact, person.access, await codeSentTo(test, person[field]))).statusCode,
    ).toBe(200);
  });

  it('is alive after four wrong tries', async () => {
    const person = await requested();
    for (let i = 1; i < MAX_CODE_ATTEMPTS; i += 1)
      await confirm(contact, person.access, otherCode(person.code, i));
    expect((await confirm(contact, person.access, person.code)).statusCode).toBe(200);
  });

  it('lives ten minutes', async () => {
    const [early, late] = [await requested(), await requested()];
    expect(CODE_LIFETIME_MS).toBe(10 * MINUTE_MS);
    test.clock.advance(CODE_LIFETIME_MS - MINUTE_MS);
    expect((await confirm(contact, early.access, early.code)).statusCode).toBe(200);
    test.clock.advance(MINUTE_MS);
    expect((await confirm(contact, late.access, late.code)).statusCode).toBe(400);
  });

  it("does not confirm somebody else's", async () => {
    const person = await requested();
    const other = await requested();
    if (person.code !== other.code)
      expect((await confirm(contact, other.access, person.code)).statusCode).toBe(400);
    expect((await status(other)).json().can_perform_actions).toBe(false);
  });

  it('stands in no table before it is sent, neither among the codes nor in the queue', async () => {
    const person = await signUp(test);
    await request(contact, person.access);
    const { db } = test.services;
    const kept = [
      await db
        .selectFrom('one_time_codes')
        .selectAll()
        .where('user_id', '=', person.user_id)
        .execute(),
      (await sql`SELECT data FROM pgboss.job`.execute(db)).rows,
    ];
    const code = await codeSentTo(test, person[field]);
    expect(JSON.stringify(kept)).not.toContain(`"${code}"`);
    expect(kept[0]).toHaveLength(1);
    const subjects = (await sentMessages(test)).filter(({ to }) => to === person[field]);
    expect(subjects.map(({ subject }) => subject).join()).not.toContain(code);
  });

  it('is refused with another form, and to anonymous callers', async () => {
    const person = await requested();
    for (const code of [123_456, '12345', '1234567', 'abcdef', ' 12345']) {
      expect((await confirm(contact, person.access, code)).statusCode).toBe(400);
    }
    expect((await confirm(contact, person.access, person.code)).statusCode).toBe(200);
    expect((await request(contact)).statusCode).toBe(401);
  });

  it('can be had five times an hour', async () => {
    const person = await requested();
    const { CODES_PER_ADDRESS_HOUR } = test.services.config;
    for (let i = 2; i <= CODES_PER_ADDRESS_HOUR; i += 1)
      expect((await request(contact, person.access)).statusCode).toBe(202);
    const newest = await codeSentTo(test, person[field]);
    const refused = await request(contact, person.access);
    expect(refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(refused.headers['retry-after']).toBe('3600');
    expect((await confirm(contact, person.access, newest)).statusCode).toBe(200);
  });

  it('can be had again an hour later', async () => {
    const person = await requested();
    const { CODES_PER_ADDRESS_HOUR } = test.services.config;
    for (let i = 1; i <= CODES_PER_ADDRESS_HOUR; i += 1) await request(contact, person.access);
    test.clock.advance(HOUR_MS);
    const { access } = (await logIn(test, person.user_email)).json();
    expect((await request(contact, access)).statusCode).toBe(202);
  });
});

describe('a phone number', () => {
  it('belongs to who confirms it first', async () => {
    const first = await signUp(test);
    const second = await signUp(test, { user_phone: first.user_phone });
    const codes: string[] = [];
    for (const person of [first, second]) {
      await request('phone', person.access);
      codes.push(await codeSentTo(test, person.user_phone));
    }
    expect((await confirm('phone', second.access, codes[1])).statusCode).toBe(200);
    const late = await confirm('phone', first.access, codes[0]);
    expect(late.json()).toMatchObject({
      status: 409,
      code: 'CONFLICT',
      errors: [{ pointer: '/user_phone' }],
    });
  });
});

it('writes in Filipino to whoever chose it', async () => {
  const person = await signUp(test, { language: 'fil' });
  await request('email', person.access);
  const sent = (await sentMessages(test)).findLast(({ to }) => to === person.user_email);
  expect(sent?.text).toContain('Gagana ito nang 10 minuto');
});

it('without an SMS provider a phone number cannot be confirmed, and an e-mail address can', async () => {
  const silent = await createTestApp({ env: { SMS_PROVIDER: 'none' } });
  try {
    const { access } = await signUp(silent);
    const ask = (contact: string) =>
      silent.call({ method: 'POST', path: `/auth/verify/${contact}/request`, token: access });
    expect((await ask('phone')).json()).toMatchObject({
      status: 503,
      detail: 'No SMS is sent here: confirm your e-mail address instead.',
    });
    expect((await ask('email')).statusCode).toBe(202);
  } finally {
    await silent.close();
  }
});
