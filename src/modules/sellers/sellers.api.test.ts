import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createActor, TEST_BARANGAY, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createCustomer, order, stockProduct } from '../../../test/support/market.ts';
import { newId } from '../../lib/ids.ts';
import { refreshChangedSellers } from '../listing/listing.service.ts';

let test: TestApp;
let admin: TestActor;

beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
afterAll(() => test.close());

const named = (business_name: string) => ({ ...APPLICATION, business_name });
const APPLICATION = {
  business_name: 'Gulayan ni Aling Nena',
  business_phone: '0917 123 4567',
  street: 'Km. 5',
  barangay_code: TEST_BARANGAY,
  terms_accepted: true,
};
let applications = 0;
/** Under a name of its own unless one is given. */
const apply = (actor: TestActor, body: object = named(`Gulayan ${++applications}`)) =>
  test.call({ method: 'POST', path: '/sellers', token: actor.token, body });
const act = (id: string, action: string, token = admin.token) =>
  test.call({ method: 'POST', path: `/sellers/${id}/${action}`, token });
const productIds = async (seller_id: string) =>
  (await test.call({ path: `/products?seller=${seller_id}` }))
    .json()
    .results.map((product: { id: string }) => product.id);

describe('becoming a seller', () => {
  it('makes the customer an unverified seller at once, on the token already held', async () => {
    const actor = await createActor(test);
    const answer = await apply(actor);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      user_id: actor.user_id,
      business_phone: '+639171234567',
      status: 'PENDING',
      rating: null,
      review_count: 0,
      follower_count: 0,
      version: 1,
    });
    const me = (await test.call({ path: '/users/me', token: actor.token })).json();
    expect(me).toMatchObject({ role: 'seller', seller_id: answer.json().id });
  });

  it('allows one profile a user', async () => {
    const actor = await createActor(test);
    await apply(actor);
    expect((await apply(actor)).json().code).toBe('CONFLICT');
  });

  it('needs a confirmed e-mail address or phone number', async () => {
    const stranger = await createActor(test, { verified: false });
    const answer = await apply(stranger);
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'VERIFICATION_REQUIRED']);
  });

  it.each([
    ['a phone that is not Philippine', { business_phone: '+14155550100' }, '/business_phone'],
    ['a place that is not a barangay', { barangay_code: '1300000000' }, '/barangay_code'],
    ['terms not accepted', { terms_accepted: false }, '/terms_accepted'],
    ['a blank name', { business_name: '   ' }, '/business_name'],
    ['an unknown member', { status: 'VERIFIED' }, '/status'],
  ])('refuses %s', async (_what, change, pointer) => {
    const actor = await createActor(test);
    const answer = await apply(actor, { ...APPLICATION, ...change });
    expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([400, pointer]);
  });
});

describe('the profile', () => {
  it('shows the public neither user, phone nor street, and its owner everything', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const seen = (await test.call({ path: `/sellers/${seller.seller_id}` })).json();
    for (const hidden of ['user_id', 'business_phone', 'street'])
      expect(seen).not.toHaveProperty(hidden);
    const own = (
      await test.call({ path: `/sellers/${seller.seller_id}`, token: seller.token })
    ).json();
    expect(own).toMatchObject({ user_id: seller.user_id, street: 'Km. 5' });
  });

  it('is hidden until it is verified, from everybody but its owner and admins', async () => {
    const pending = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const path = `/sellers/${pending.seller_id}`;
    expect((await test.call({ path })).statusCode).toBe(404);
    expect((await test.call({ path, token: pending.token })).statusCode).toBe(200);
    expect((await test.call({ path, token: admin.token })).statusCode).toBe(200);
    const listed = (await test.call({ path: '/sellers?page_size=100' })).json().results;
    expect(listed.every((row: { status: string }) => row.status === 'VERIFIED')).toBe(true);
  });

  it('is changed by its owner, with If-Match against lost updates; of personal fields the audit holds the name alone', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const path = `/sellers/${seller.seller_id}`;
    const patch = (body: object, ifMatch?: string) =>
      test.call({
        method: 'PATCH',
        path,
        token: seller.token,
        body,
        headers: ifMatch ? { 'if-match': ifMatch } : {},
      });
    const changed = await patch({ description: 'Open daily', street: '9 Mabini St.' }, '"1"');
    expect(changed.json()).toMatchObject({ description: 'Open daily', version: 2 });
    const stale = await patch({ description: 'x' }, '"1"');
    expect([stale.statusCode, stale.json().code]).toEqual([412, 'STALE_VERSION']);
    const logs = (
      await test.call({
        path: `/audit-logs?object_id=${seller.seller_id}&action=seller.changed`,
        token: admin.token,
      })
    ).json();
    expect(logs.results[0].changes.personal).toEqual(['street']);
    expect(JSON.stringify(logs)).not.toContain('Mabini');
  });

  it('moves to another barangay, and to nothing that is none', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const move = (barangay_code: string) =>
      test.call({
        method: 'PATCH',
        path: `/sellers/${seller.seller_id}`,
        token: seller.token,
        body: { barangay_code },
      });
    const refused = await move('1300000000');
    expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([400, '/barangay_code']);
    const { code } = await test.services.db
      .selectFrom('places')
      .select('code')
      .where('level', '=', 'barangay')
      .where('code', '<>', TEST_BARANGAY)
      .executeTakeFirstOrThrow();
    expect((await move(code)).json().barangay_code).toBe(code);
  });

  it('cannot be changed by another seller', async () => {
    const [seller, rival] = [
      await createActor(test, { role: 'seller' }),
      await createActor(test, { role: 'seller' }),
    ];
    const answer = await test.call({
      method: 'PATCH',
      path: `/sellers/${seller.seller_id}`,
      token: rival.token,
      body: { street: 'x' },
    });
    expect(answer.statusCode).toBe(403);
  });

  it('takes its products off the market when it is removed, and its owner is a customer again', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const product = await stockProduct(test, seller.seller_id);
    expect(await productIds(seller.seller_id)).toEqual([product.id]);
    expect(
      (
        await test.call({
          method: 'DELETE',
          path: `/sellers/${seller.seller_id}`,
          token: seller.token,
        })
      ).statusCode,
    ).toBe(204);
    expect(await productIds(seller.seller_id)).toEqual([]);
    expect((await test.call({ path: '/users/me', token: seller.token })).json().role).toBe(
      'customer',
    );
  });
});

describe('verification and suspension', () => {
  it('takes products off sale with the next request, and puts them on sale by a job', async () => {
    const seller = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const product = await stockProduct(test, seller.seller_id);
    expect(await productIds(seller.seller_id)).toEqual([]);
    expect((await act(seller.seller_id, 'verify')).json().status).toBe('VERIFIED');
    await refreshChangedSellers(test.system);
    expect(await productIds(seller.seller_id)).toEqual([product.id]);
    const profile = (await test.call({ path: `/sellers/${seller.seller_id}` })).json();
    expect(profile.product_count).toBe(1);
    expect((await act(seller.seller_id, 'suspend')).json().product_count).toBe(0);
    expect(await productIds(seller.seller_id)).toEqual([]);
    await refreshChangedSellers(test.system);
    const write = await test.call({
      method: 'DELETE',
      path: `/products/${product.id}`,
      token: seller.token,
    });
    expect(write.json().code).toBe('FORBIDDEN');
    await act(seller.seller_id, 'reinstate');
    await refreshChangedSellers(test.system);
    expect(await productIds(seller.seller_id)).toEqual([product.id]);
  });

  it('is refused where it makes no sense, for absent sellers, and for everybody but admins', async () => {
    const seller = await createActor(test, { role: 'seller' });
    expect((await act(seller.seller_id, 'verify')).json().code).toBe('INVALID_STATUS_TRANSITION');
    expect((await act(newId(), 'verify')).statusCode).toBe(404);
    expect((await act('nonsense', 'verify')).statusCode).toBe(404);
    expect((await act(seller.seller_id, 'suspend', seller.token)).statusCode).toBe(403);
  });
});

describe('followers', () => {
  it('count once, however often somebody follows, and drop kept answers only where the count changes', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const customer = await createActor(test);
    const path = `/sellers/${seller.seller_id}`;
    const dropped = vi.spyOn(test.services.cache, 'invalidate');
    const follow = async (method: 'PUT' | 'DELETE') => {
      dropped.mockClear();
      const answer = await test.call({ method, path: `${path}/follow`, token: customer.token });
      expect(answer.statusCode).toBe(204);
      return dropped.mock.calls.length;
    };
    const count = async () => (await test.call({ path })).json().follower_count;
    expect([await follow('DELETE'), await follow('PUT'), await follow('PUT')]).toEqual([0, 1, 0]);
    expect(await count()).toBe(1);
    expect([await follow('DELETE'), await follow('DELETE')]).toEqual([1, 0]);
    expect(await count()).toBe(0);
    dropped.mockRestore();
  });
});

describe("a seller's orders and customers", () => {
  it('show the seller a name and a number of orders, and nobody else anything', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const customer = await createCustomer(test);
    const product = await stockProduct(test, seller.seller_id);
    for (const _ of [1, 2]) await order(test, customer, { [product.id]: '1' });
    const read = (what: string, token?: string) =>
      test.call({ path: `/sellers/${seller.seller_id}/${what}`, token });
    expect((await read('customers', seller.token)).json().results).toEqual([
      { name: 'Maria S.', order_count: 2 },
    ]);
    expect((await read('orders', seller.token)).json().count).toBe(2);
    const rival = await createActor(test, { role: 'seller' });
    for (const what of ['customers', 'orders']) {
      expect((await read(what, rival.token)).statusCode).toBe(404);
      expect((await read(what, customer.token)).statusCode).toBe(403);
      expect((await read(what)).statusCode).toBe(401);
      expect((await read(what, admin.token)).statusCode).toBe(200);
    }
  });
});

describe('the list of sellers', () => {
  it('is searched without regard to case and accents, in v1 by page and in v2 by cursor', async () => {
    const seller = await createActor(test, { role: 'seller' });
    await test.services.db
      .updateTable('sellers')
      .set({ business_name: 'Piñahan 100%' })
      .where('id', '=', seller.seller_id)
      .execute();
    const found = (await test.call({ path: '/sellers?search=PINAHAN' })).json();
    expect(found.results.map((row: { id: string }) => row.id)).toEqual([seller.seller_id]);
    expect((await test.call({ path: '/sellers?search=_inahan' })).json().count).toBe(0);
    const first = (await test.call({ path: '/api/v2/sellers?limit=2' })).json();
    expect(first).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
    const next = (
      await test.call({ path: `/api/v2/sellers?limit=2&cursor=${first.next_cursor}` })
    ).json();
    expect(next.data[0].id < first.data[1].id).toBe(true);
  });
});
