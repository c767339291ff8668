// Addresses over HTTP.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { getOwnAddress, MAX_ADDRESSES } from './addresses.service.ts';

const ERMITA = '1380607001';

let test: TestApp;
let me: TestActor;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());
beforeEach(async () => {
  me = await createActor(test, { verified: false });
});

function input(changes: Record<string, unknown> = {}) {
  return {
    label: 'Home',
    recipient_name: 'Maria Santos',
    recipient_phone: '0917 123 4567',
    street: '12 Mabini Street',
    barangay_code: ERMITA,
    ...changes,
  };
}

function call(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path = '',
  body?: object,
  token = me.token,
) {
  return test.call({
    method,
    path: `/users/me/addresses${path}`,
    token,
    ...(body === undefined ? {} : { body }),
  });
}

async function defaults(): Promise<string[]> {
  const { results } = (await call('GET')).json();
  return results
    .filter((address: { is_default: boolean }) => address.is_default)
    .map((address: { id: string }) => address.id);
}

async function added(changes: Record<string, unknown> = {}): Promise<string> {
  const answer = await call('POST', '', input(changes));
  expect(answer.statusCode).toBe(201);
  return answer.json().id;
}

async function barangayOf(city: string): Promise<string> {
  const row = await test.services.db
    .selectFrom('places as barangay')
    .innerJoin('places as city', 'city.code', 'barangay.parent_code')
    .select('barangay.code')
    .where('barangay.level', '=', 'barangay')
    .where('city.name', '=', city)
    .orderBy('barangay.code')
    .executeTakeFirstOrThrow();
  return row.code;
}

describe('an address', () => {
  it('is kept with the names of its places and one form of its phone', async () => {
    const answer = await call(
      'POST',
      '',
      input({ landmark: 'across the chapel', zip_code: '1000' }),
    );
    expect(answer.json()).toMatchObject({
      label: 'Home',
      recipient_name: 'Maria Santos',
      recipient_phone: '+639171234567',
      street: '12 Mabini Street',
      landmark: 'across the chapel',
      zip_code: '1000',
      barangay_code: ERMITA,
      province: null,
      is_default: true,
    });
    expect(answer.json().city).toMatch(/Manila/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await call('GET', `/${answer.json().id}`)).json()).toEqual(answer.json());
  });

  it('shows a province where there is one', async () => {
    const id = await added({ barangay_code: await barangayOf('La Trinidad') });
    expect((await call('GET', `/${id}`)).json()).toMatchObject({
      city: 'La Trinidad',
      province: 'Benguet',
    });
  });

  it('may have a landline', async () => {
    const id = await added({ recipient_phone: '(02) 8123 4567' });
    expect((await call('GET', `/${id}`)).json().recipient_phone).toBe('+63281234567');
  });

  it.each([
    ['an unknown barangay', { barangay_code: '9999999999' }, '/barangay_code'],
    ['the code of a region', { barangay_code: '1300000000' }, '/barangay_code'],
    ['a short code', { barangay_code: '123' }, '/barangay_code'],
    ['a foreign phone', { recipient_phone: '+1 415 555 2671' }, '/recipient_phone'],
    ['a ZIP code of five digits', { zip_code: '10000' }, '/zip_code'],
    ['a blank street', { street: ' ' }, '/street'],
    ['a city', { city: 'Manila' }, '/city'],
  ])('is refused with %s', async (_what, changes, pointer) => {
    const answer = await call('POST', '', input(changes));
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_ERROR',
      errors: [{ pointer }],
    });
  });

  it('can be changed field by field', async () => {
    const id = await added();
    const answer = await call('PATCH', `/${id}`, {
      street: 'Km. 5',
      barangay_code: await barangayOf('La Trinidad'),
    });
    expect(answer.json()).toMatchObject({ street: 'Km. 5', province: 'Benguet', label: 'Home' });
    expect((await call('PATCH', `/${id}`, {})).statusCode).toBe(400);
    expect((await call('PATCH', `/${id}`, { barangay_code: '9999999999' })).statusCode).toBe(400);
    const entry = await test.services.db
      .selectFrom('audit_entries')
      .select('changes')
      .where('object_id', '=', id)
      .where('action', '=', 'address.changed')
      .executeTakeFirstOrThrow();
    expect(entry.changes).toEqual({ personal: ['street', 'barangay_code'] });
  });

  it('is gone once removed', async () => {
    const id = await added();
    expect((await call('DELETE', `/${id}`)).statusCode).toBe(204);
    for (const method of ['GET', 'DELETE'] as const)
      expect((await call(method, `/${id}`)).statusCode).toBe(404);
    expect((await call('PATCH', `/${id}`, { label: 'x' })).statusCode).toBe(404);
    expect((await call('GET')).json().count).toBe(0);
  });
});

describe('the default', () => {
  it('is the first, then whichever was made it last; always exactly one', async () => {
    const first = await added({ is_default: false });
    expect(await defaults()).toEqual([first]);
    const second = await added();
    expect(await defaults()).toEqual([first]);
    const third = await added({ is_default: true });
    expect(await defaults()).toEqual([third]);
    await call('PATCH', `/${second}`, { is_default: true });
    expect(await defaults()).toEqual([second]);
    await call('PATCH', `/${second}`, { is_default: true, label: 'Office' });
    expect(await defaults()).toEqual([second]);
  });

  it('cannot be taken away, only passed on', async () => {
    const first = await added();
    const second = await added();
    expect((await call('PATCH', `/${first}`, { is_default: false })).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/is_default' }],
    });
    expect((await call('PATCH', `/${second}`, { is_default: false })).statusCode).toBe(200);
    expect(await defaults()).toEqual([first]);
  });

  it('passes to the newest of the others when it is removed', async () => {
    const [first, second, third] = [await added(), await added(), await added()];
    await call('DELETE', `/${first}`);
    expect(await defaults()).toEqual([third]);
    await call('DELETE', `/${second}`);
    expect(await defaults()).toEqual([third]);
    await call('DELETE', `/${third}`);
    expect(await added()).toEqual((await defaults())[0]);
  });
});

describe('the addresses of a user', () => {
  it('lists mine, newest first, in two statements at most', async () => {
    const ids = [await added(), await added(), await added()];
    test.statements.length = 0;
    const { results, count } = (await call('GET', '?page_size=2')).json();
    expect(test.statements.length).toBeLessThanOrEqual(2);
    expect(count).toBe(3);
    expect(results.map((address: { id: string }) => address.id)).toEqual([ids[2], ids[1]]);
    const v2 = await test.call({ path: '/api/v2/users/me/addresses?limit=2', token: me.token });
    expect(v2.json().data.map((address: { id: string }) => address.id)).toEqual([ids[2], ids[1]]);
    expect(v2.json().has_more).toBe(true);
  });

  it(`holds ${MAX_ADDRESSES} addresses`, async () => {
    const first = await added();
    const { id: _id, ...row } = await test.services.db
      .selectFrom('addresses')
      .selectAll()
      .where('id', '=', first)
      .executeTakeFirstOrThrow();
    const copies = Array.from({ length: MAX_ADDRESSES - 1 }, () => ({
      ...row,
      id: crypto.randomUUID(),
      is_default: false,
    }));
    await test.services.db.insertInto('addresses').values(copies).execute();
    expect((await call('POST', '', input())).json()).toMatchObject({
      status: 409,
      code: 'LIMIT_REACHED',
    });
    await call('DELETE', `/${first}`);
    expect((await call('POST', '', input())).statusCode).toBe(201);
  });

  it("gives the same answer for a stranger's address and for none", async () => {
    const id = await added();
    const stranger = await createActor(test);
    const admin = await createActor(test, { role: 'admin' });
    for (const token of [stranger.token, admin.token]) {
      for (const path of [`/${id}`, '/01890000-0000-7000-8000-000000000000', '/nonsense']) {
        expect((await call('GET', path, undefined, token)).statusCode).toBe(404);
        expect((await call('PATCH', path, { label: 'Mine' }, token)).statusCode).toBe(404);
        expect((await call('DELETE', path, undefined, token)).statusCode).toBe(404);
      }
    }
    expect((await test.call({ path: '/users/me/addresses' })).statusCode).toBe(401);
  });

  it('adds one address for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'address-1' };
    const add = () =>
      test.call({
        method: 'POST',
        path: '/users/me/addresses',
        token: me.token,
        body: input(),
        headers,
      });
    const [first, again] = [await add(), await add()];
    expect(again.json().id).toBe(first.json().id);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });
});

it('gives checkout all that an order copies, in one statement', async () => {
  const id = await added({ landmark: 'across the chapel', zip_code: '1000' });
  const ctx = {
    ...test.system,
    actor: {
      kind: 'user',
      user_id: me.user_id,
      session_id: me.session_id,
      role: 'customer',
      is_verified: true,
      has_mfa: false,
      proven_at: test.clock.now(),
    },
  } as const;
  test.statements.length = 0;
  const address = await getOwnAddress(ctx, id);
  expect(test.statements).toHaveLength(1);
  expect(Object.keys(address).sort()).toEqual(
    [
      ...['label', 'recipient_name', 'recipient_phone', 'street', 'landmark', 'zip_code'],
      ...['barangay_code', 'barangay', 'city', 'province', 'region'],
    ].sort(),
  );
});
