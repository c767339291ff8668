import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCategory, createLot, createProduct } from '../../../../test/support/builders.ts';
import { newId } from '../../../lib/ids.ts';
import { refreshChangedSellers } from '../../listing/listing.service.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;
let admin: TestActor;
let customer: TestActor;
let category_id: string;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
  customer = await createActor(test);
  category_id = (await createCategory(test)).id;
});
afterAll(() => test.close());

const input = () => ({
  name: 'Native tomatoes',
  category_id,
  description: 'Vine-ripened.',
  unit: 'kg',
  price: '120',
  shelf_life_days: 7,
});
const create = (body: object, token = seller.token) =>
  test.call({ method: 'POST', path: '/products', token, body });
const patch = (id: string, body: object, headers = {}, token = seller.token) =>
  test.call({ method: 'PATCH', path: `/products/${id}`, token, body, headers });
const remove = (id: string, headers = {}, token = seller.token) =>
  test.call({ method: 'DELETE', path: `/products/${id}`, token, headers });
const restore = (id: string, token = seller.token) =>
  test.call({ method: 'POST', path: `/products/${id}/restore`, token });
const read = (id: string, token?: string) => test.call({ path: `/products/${id}`, token });

describe('creating a product', () => {
  it('answers everything that clients build on', async () => {
    const body = {
      ...input(),
      handling_hours: 6,
      sku: ' KAM-1 ',
      srp: '150.5',
      tax_class: 'VAT_12',
      origin: 'Benguet',
    };
    const answer = await create(body);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      ...body,
      id: expect.any(String),
      slug: expect.stringMatching(/^native-tomatoes-/),
      seller: { id: seller.seller_id, business_name: expect.any(String) },
      category: { id: category_id, name: expect.any(String) },
      price: '120.00',
      current_price: '120.00',
      currency: 'PHP',
      sku: 'KAM-1',
      srp: '150.50',
      promo: null,
      is_active: true,
      freshness: null,
      harvested_at: null,
      days_left: null,
      available_quantity: '0.000',
      rating: null,
      review_count: 0,
      sell_count: 0,
      images: [],
      version: 1,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      warnings: [],
      deleted_at: null,
    });
    const { warnings: _warnings, deleted_at: _deleted, ...seenByAll } = answer.json();
    expect((await read(answer.json().id)).json()).toEqual(seenByAll);
  });

  it('fills in the defaults and writes an audit entry', async () => {
    const { id, ...product } = (await create(input())).json();
    expect(product).toMatchObject({
      handling_hours: 0,
      sku: null,
      srp: null,
      tax_class: 'VAT_EXEMPT',
      origin: null,
    });
    const log = (
      await test.call({ path: `/audit-logs?object_id=${id}`, token: admin.token })
    ).json();
    expect(log.results).toMatchObject([{ action: 'product.created', actor_id: seller.user_id }]);
  });

  it.each([
    ['a missing name', { name: undefined }],
    ['a blank name', { name: '   ' }],
    ['a price of zero', { price: '0.00' }],
    ['a price with three places', { price: '1.005' }],
    ['a price over the limit', { price: '1000000' }],
    ['a price that is a number', { price: 120 }],
    ['an unknown unit', { unit: 'dozen' }],
    ['no shelf life', { shelf_life_days: 0 }],
    ['an endless shelf life', { shelf_life_days: 3651 }],
    ['an unknown category', { category_id: newId() }],
    ['an unknown tax class', { tax_class: 'ZERO_RATED' }],
    ['an unknown member', { stock: '5' }],
    ['a seller that a seller names', { seller_id: newId() }],
  ])('refuses %s', async (_fault, fault) => {
    const answer = await create({ ...input(), ...fault });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'VALIDATION_ERROR' });
  });

  it('an SKU belongs to one product of a seller, until that is removed', async () => {
    const first = (await create({ ...input(), sku: 'ONE' })).json();
    const second = await create({ ...input(), sku: 'ONE' });
    expect(second.statusCode).toBe(409);
    expect(second.json()).toMatchObject({ code: 'CONFLICT', errors: [{ pointer: '/sku' }] });
    expect((await create({ ...input(), sku: 'ONE' }, other.token)).statusCode).toBe(201);
    await remove(first.id);
    expect((await create({ ...input(), sku: 'ONE' })).statusCode).toBe(201);
    expect((await restore(first.id)).json()).toMatchObject({
      code: 'CONFLICT',
      errors: [{ pointer: '/sku' }],
    });
  });

  it('an admin names the seller whose product it is', async () => {
    const made = await create({ ...input(), seller_id: other.seller_id }, admin.token);
    expect(made.json()).toMatchObject({ seller: { id: other.seller_id } });
    expect((await create(input(), admin.token)).json()).toMatchObject({
      errors: [{ pointer: '/seller_id' }],
    });
    expect((await create({ ...input(), seller_id: newId() }, admin.token)).statusCode).toBe(404);
  });

  it('is not for customers or nobody, nor for a suspended seller', async () => {
    const suspended = await createActor(test, { role: 'seller', sellerStatus: 'SUSPENDED' });
    expect((await test.call({ method: 'POST', path: '/products', body: input() })).statusCode).toBe(
      401,
    );
    expect((await create(input(), customer.token)).statusCode).toBe(403);
    expect((await create(input(), suspended.token)).statusCode).toBe(403);
  });

  it('a pending seller prepares products that nobody else sees', async () => {
    const pending = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const { id } = (await create(input(), pending.token)).json();
    expect((await read(id)).statusCode).toBe(404);
    expect((await read(id, pending.token)).statusCode).toBe(200);
    await test.call({
      method: 'POST',
      path: `/sellers/${pending.seller_id}/verify`,
      token: admin.token,
    });
    await refreshChangedSellers(test.system);
    expect((await read(id)).statusCode).toBe(200);
  });
});

describe('a price above the suggested retail price', () => {
  it('is pointed out to the seller and shown to customers as it is', async () => {
    const made = (await create({ ...input(), price: '150', srp: '120' })).json();
    expect(made.warnings).toMatchObject([{ code: 'PRICE_ABOVE_SRP' }]);
    expect((await read(made.id)).json()).toMatchObject({ price: '150.00', srp: '120.00' });
    expect((await patch(made.id, { srp: null })).json()).toMatchObject({ srp: null, warnings: [] });
  });
});

describe('changing a product', () => {
  it('changes what was sent, raises the version and says what changed in the audit log', async () => {
    const product = await createProduct(test, seller, { price: '100', origin: 'Benguet' });
    const changed = (await patch(product.id, { price: '90.5', name: 'Kamatis' })).json();
    expect(changed).toMatchObject({
      name: 'Kamatis',
      price: '90.50',
      origin: 'Benguet',
      slug: product.slug,
      version: 2,
    });
    const log = (
      await test.call({ path: `/audit-logs?object_id=${product.id}`, token: admin.token })
    ).json();
    expect(log.results[0].changes).toEqual({
      name: [product.name, 'Kamatis'],
      price_centavos: [10000, 9050],
    });
  });

  it('with a stale If-Match changes nothing', async () => {
    const { id } = await createProduct(test, seller);
    const etag = (await read(id)).headers['etag'] as string;
    expect((await patch(id, { price: '1' }, { 'if-match': etag })).statusCode).toBe(200);
    const stale = await patch(id, { price: '2' }, { 'if-match': etag });
    expect(stale.statusCode).toBe(412);
    expect(stale.json()).toMatchObject({ code: 'STALE_VERSION' });
    expect((await remove(id, { 'if-match': etag })).statusCode).toBe(412);
    expect((await read(id)).json()).toMatchObject({ price: '1.00', version: 2 });
    expect((await patch(id, { price: '3' }, { 'if-match': '"2"' })).statusCode).toBe(200);
  });

  it('a new shelf life leaves lots as they were received', async () => {
    const { id } = await createProduct(test, seller, { shelf_life_days: 7 });
    const lot = await createLot(test, id, { quantity: '5' });
    await patch(id, { shelf_life_days: 1 });
    const { results } = (
      await test.call({ path: `/products/${id}/lots`, token: seller.token })
    ).json();
    expect(results).toMatchObject([{ expires_at: lot.expires_at.toISOString() }]);
  });

  it('the unit stays, because lots and orders count in it', async () => {
    const { id } = await createProduct(test, seller, { unit: 'kg' });
    expect((await patch(id, { unit: 'piece' })).json()).toMatchObject({
      code: 'CONFLICT',
      errors: [{ pointer: '/unit' }],
    });
    expect((await patch(id, { unit: 'kg' })).statusCode).toBe(200);
  });

  it('a draft is off the list and seen by its seller and admins alone', async () => {
    const { id } = await createProduct(test, seller);
    const listed = async () =>
      (await test.call({ path: `/products?seller=${seller.seller_id}&page_size=100` })).json()
        .results;
    expect(await listed()).toContainEqual(expect.objectContaining({ id }));
    await patch(id, { is_active: false });
    expect(await listed()).not.toContainEqual(expect.objectContaining({ id }));
    expect((await read(id)).statusCode).toBe(404);
    expect((await read(id, other.token)).statusCode).toBe(404);
    expect((await read(id, seller.token)).json()).toMatchObject({ is_active: false });
    expect((await read(id, admin.token)).statusCode).toBe(200);
  });

  it.each([
    ['nothing at all', {}],
    ['an empty name', { name: '' }],
    ['a category that does not exist', { category_id: newId() }],
    ['a seller', { seller_id: newId() }],
  ])('refuses %s', async (_fault, body) => {
    const { id } = await createProduct(test, seller);
    expect((await patch(id, body)).statusCode).toBe(400);
  });

  it("another seller's product and an absent one are the same 404", async () => {
    const { id } = await createProduct(test, seller);
    const answers = await Promise.all(
      [id, newId()].flatMap((target) => [
        patch(target, { price: '1' }, {}, other.token),
        remove(target, {}, other.token),
        restore(target, other.token),
      ]),
    );
    for (const answer of answers) {
      expect(answer.json()).toMatchObject({ status: 404, detail: 'There is no such product.' });
    }
    expect((await read(id)).json()).toMatchObject({ price: '100.00' });
  });

  it('a suspended seller may look but not change', async () => {
    const suspended = await createActor(test, { role: 'seller', sellerStatus: 'SUSPENDED' });
    const { id } = await createProduct(test, suspended);
    expect((await read(id, suspended.token)).statusCode).toBe(200);
    expect((await patch(id, { price: '1' }, {}, suspended.token)).statusCode).toBe(403);
    expect((await remove(id, {}, suspended.token)).statusCode).toBe(403);
  });
});
