// What is left of people who deleted their accounts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { DAY_MS, MINUTE_MS } from '../../../lib/time.ts';
import { codeSentTo, logIn, type Person, signUp } from '../users.testkit.ts';
import { eraseDeletedUsers, RESTORABLE_MS } from './erasure.service.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

async function leaver(): Promise<Person> {
  const person = await signUp(test, { first_name: 'Rosalinda', last_name: 'Quiambao' });
  const address = {
    label: 'Home',
    recipient_name: 'Rosalinda Quiambao',
    recipient_phone: '0917 123 4567',
    street: '12 Mabini Street',
    landmark: 'across the chapel',
    barangay_code: '1380607001',
    zip_code: '1000',
  };
  await test.call({
    method: 'POST',
    path: '/users/me/addresses',
    token: person.access,
    body: address,
  });
  await test.call({ method: 'POST', path: '/auth/verify/phone/request', token: person.access });
  await codeSentTo(test, person.user_phone);
  await test.call({ method: 'DELETE', path: '/users/me', token: person.access });
  return person;
}

/** Every row that the tables of auth and users hold of a user, as text. */
async function remains(user_id: string): Promise<string> {
  const { db } = test.services;
  const rows = [
    await db.selectFrom('users').selectAll().where('id', '=', user_id).execute(),
    await db.selectFrom('addresses').selectAll().where('user_id', '=', user_id).execute(),
    await db.selectFrom('sessions').selectAll().where('user_id', '=', user_id).execute(),
    await db.selectFrom('one_time_codes').selectAll().where('user_id', '=', user_id).execute(),
    await db.selectFrom('audit_entries').selectAll().where('object_id', '=', user_id).execute(),
  ];
  return JSON.stringify(rows);
}

describe('a deleted account', () => {
  it('is erased thirty days later: rows stay, the person is gone from them', async () => {
    const person = await leaver();
    expect(RESTORABLE_MS).toBe(30 * DAY_MS);
    test.clock.advance(RESTORABLE_MS - MINUTE_MS);
    expect(await eraseDeletedUsers(test.system)).toBe(0);
    test.clock.advance(2 * MINUTE_MS);
    expect(await eraseDeletedUsers(test.system)).toBe(1);
    expect(await eraseDeletedUsers(test.system)).toBe(0);
    const left = await remains(person.user_id);
    for (const trace of [
      'Rosalinda',
      'Quiambao',
      'Mabini',
      'chapel',
      person.user_email,
      person.user_phone,
      'argon2',
      'lightMyRequest',
    ]) {
      expect(left).not.toContain(trace);
    }
    expect(left).toContain(person.user_id);
    const events = await test.services.db
      .selectFrom('outbox_messages')
      .select('payload')
      .where('topic', '=', 'user.erased')
      .execute();
    expect(events).toEqual([{ payload: { user_id: person.user_id } }]);
  });

  it('cannot be restored once it is erased, and its sign-in is nobody', async () => {
    const person = await leaver();
    test.clock.advance(RESTORABLE_MS + MINUTE_MS);
    await eraseDeletedUsers(test.system);
    const admin = await createActor(test, { role: 'admin' });
    const restore = await test.call({
      method: 'POST',
      path: `/users/${person.user_id}/restore`,
      token: admin.token,
    });
    expect(restore.json()).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect((await logIn(test, person.user_email)).json().code).toBe('INVALID_CREDENTIALS');
  });

  it('leaves those alone who are still here', async () => {
    const person = await signUp(test, { first_name: 'Consolacion' });
    test.clock.advance(2 * RESTORABLE_MS);
    await eraseDeletedUsers(test.system);
    expect(await remains(person.user_id)).toContain('Consolacion');
  });
});
