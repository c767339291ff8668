import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createLot, createProduct } from '../../../test/support/builders.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, plusMs } from '../../lib/time.ts';

let test: TestApp;
let seller: TestActor;
let other: TestActor;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  other = await createActor(test, { role: 'seller' });
});
afterAll(() => test.close());

const iso = (offset_ms = 0) => plusMs(test.clock.now(), offset_ms).toISOString();
const receive = (id: string, body: object, token = seller.token) =>
  test.call({ method: 'POST', path: `/products/${id}/lots`, token, body });
const adjust = (id: string, lot_id: string, body: object, token = seller.token) =>
  test.call({ method: 'POST', path: `/products/${id}/lots/${lot_id}/adjust`, token, body });
const shown = async (id: string) => (await test.call({ path: `/products/${id}` })).json();
const listed = async (path: string) =>
  (await test.call({ path, token: seller.token })).json().results;

describe('receiving a lot', () => {
  it('puts the harvest on sale with its freshness and writes one ledger line', async () => {
    const { id } = await createProduct(test, seller, { shelf_life_days: 10 });
    const harvested_at = iso(-2 * DAY_MS - HOUR_MS);
    const answer = await receive(id, { quantity: '8', harvested_at });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      product_id: id,
      quantity: '8.000',
      quantity_on_hand: '8.000',
      quantity_reserved: '0.000',
      harvested_at,
      expires_at: plusMs(new Date(harvested_at), 10 * DAY_MS).toISOString(),
      freshness: 'FRESH',
      days_left: 7,
    });
    expect(await shown(id)).toMatchObject({
      available_quantity: '8.000',
      freshness: 'FRESH',
      harvested_at,
      days_left: 7,
    });
    expect(await listed(`/products/${id}/movements`)).toMatchObject([
      { lot_id: answer.json().id, delta: '8.000', reason: 'HARVEST', reference: null },
    ]);
  });

  it('a product shows the freshness of the lot that goes first and the stock of all', async () => {
    const { id } = await createProduct(test, seller, { shelf_life_days: 10 });
    await createLot(test, id, { quantity: '3', harvested_at: plusMs(test.clock.now(), -DAY_MS) });
    await createLot(test, id, {
      quantity: '2',
      harvested_at: plusMs(test.clock.now(), -6 * DAY_MS),
    });
    await createLot(test, id, {
      quantity: '9',
      harvested_at: plusMs(test.clock.now(), -11 * DAY_MS),
    });
    expect(await shown(id)).toMatchObject({
      available_quantity: '5.000',
      freshness: 'SLIGHTLY_WITHERED',
      days_left: 3,
    });
  });

  it('what expires within the handling time is not sellable any more', async () => {
    const { id } = await createProduct(test, seller, { handling_hours: 24 });
    await createLot(test, id, {
      quantity: '3',
      expires_at: plusMs(test.clock.now(), 23 * HOUR_MS),
    });
    expect(await shown(id)).toMatchObject({ available_quantity: '0.000', freshness: null });
  });

  it.each([
    ['a harvest in the future', () => ({ quantity: '1', harvested_at: iso(6 * MINUTE_MS) })],
    [
      'an expiry before the harvest',
      () => ({ quantity: '1', harvested_at: iso(), expires_at: iso(-1) }),
    ],
    [
      'a life of decades',
      () => ({ quantity: '1', harvested_at: iso(), expires_at: iso(3_651 * DAY_MS) }),
    ],
    ['no quantity', () => ({ harvested_at: iso() })],
    ['a quantity of zero', () => ({ quantity: '0', harvested_at: iso() })],
    ['a negative quantity', () => ({ quantity: '-1', harvested_at: iso() })],
    ['a fourth decimal place', () => ({ quantity: '1.0005', harvested_at: iso() })],
    [
      'a harvest without a time zone',
      () => ({ quantity: '1', harvested_at: '2026-03-01T08:00:00' }),
    ],
    ['an unknown member', () => ({ quantity: '1', harvested_at: iso(), farm: 'mine' })],
  ])('refuses %s', async (_fault, body) => {
    const { id } = await createProduct(test, seller);
    expect((await receive(id, body())).statusCode).toBe(400);
    expect(await listed(`/products/${id}/lots`)).toEqual([]);
  });

  it("takes a harvest that is minutes ahead, by a phone's clock", async () => {
    const { id } = await createProduct(test, seller);
    expect(
      (await receive(id, { quantity: '1', harvested_at: iso(4 * MINUTE_MS) })).statusCode,
    ).toBe(201);
  });

  it('pieces come whole', async () => {
    const { id } = await createProduct(test, seller, { unit: 'piece' });
    const broken = await receive(id, { quantity: '2.5', harvested_at: iso() });
    expect(broken.json()).toMatchObject({
      code: 'VALIDATION_ERROR',
      errors: [{ pointer: '/quantity' }],
    });
    const lot = (await receive(id, { quantity: '2.000', harvested_at: iso() })).json();
    expect((await adjust(id, lot.id, { delta: '-0.5', reason: 'COUNT' })).statusCode).toBe(400);
  });
});

describe('adjusting a lot', () => {
  it('records the difference, and on hand is the sum of the movements', async () => {
    const { id } = await createProduct(test, seller);
    const lot = await createLot(test, id, { quantity: '10' });
    await adjust(id, lot.id, { delta: '-2.5', reason: 'SPOILAGE', note: 'Crushed in the truck' });
    const answer = await adjust(id, lot.id, { delta: '0.25', reason: 'COUNT' });
    expect(answer.json()).toMatchObject({ quantity: '10.000', quantity_on_hand: '7.750' });
    const ledger = await listed(`/products/${id}/movements?lot_id=${lot.id}`);
    expect(ledger).toMatchObject([
      { delta: '0.250', reason: 'COUNT' },
      { delta: '-2.500', reason: 'SPOILAGE', reference: 'Crushed in the truck' },
      { delta: '10.000', reason: 'HARVEST' },
    ]);
    expect(await shown(id)).toMatchObject({ available_quantity: '7.750' });
  });

  it('never takes what is reserved for orders', async () => {
    const { id } = await createProduct(test, seller);
    const lot = await createLot(test, id, { quantity: '5' });
    await test.services.db
      .updateTable('lots')
      .set({ reserved_milli: 2_000 })
      .where('id', '=', lot.id)
      .execute();
    const tooMuch = await adjust(id, lot.id, { delta: '-3.001', reason: 'DAMAGE' });
    expect(tooMuch.statusCode).toBe(409);
    expect(tooMuch.json()).toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringContaining('At most 3.000 kg'),
    });
    expect((await adjust(id, lot.id, { delta: '-3', reason: 'DAMAGE' })).json()).toMatchObject({
      quantity_on_hand: '2.000',
      quantity_reserved: '2.000',
    });
    expect(await shown(id)).toMatchObject({ available_quantity: '0.000', freshness: null });
  });

  it.each([
    ['nothing', { delta: '0', reason: 'COUNT' }],
    ['a reason that only the platform gives', { delta: '1', reason: 'SALE' }],
    ['no reason', { delta: '1' }],
    ['a number', { delta: 1, reason: 'COUNT' }],
  ])('refuses %s', async (_fault, body) => {
    const { id } = await createProduct(test, seller);
    const lot = await createLot(test, id, { quantity: '1' });
    expect((await adjust(id, lot.id, body)).statusCode).toBe(400);
  });

  it("a lot of another product is not found under this one's address", async () => {
    const [mine, also] = [await createProduct(test, seller), await createProduct(test, seller)];
    const lot = await createLot(test, also.id, { quantity: '1' });
    expect((await adjust(mine.id, lot.id, { delta: '1', reason: 'COUNT' })).statusCode).toBe(404);
  });
});

describe('who may see and change stock', () => {
  it('its seller and admins; for other sellers the product is not there', async () => {
    const { id } = await createProduct(test, seller);
    const lot = await createLot(test, id, { quantity: '1' });
    const calls = [
      { path: `/products/${id}/lots` },
      { path: `/products/${id}/movements` },
      {
        method: 'POST',
        path: `/products/${id}/lots`,
        body: { quantity: '1', harvested_at: iso() },
      },
      {
        method: 'POST',
        path: `/products/${id}/lots/${lot.id}/adjust`,
        body: { delta: '1', reason: 'COUNT' },
      },
    ] as const;
    const customer = await createActor(test);
    const admin = await createActor(test, { role: 'admin' });
    for (const call of calls) {
      expect((await test.call(call)).statusCode).toBe(401);
      expect((await test.call({ ...call, token: customer.token })).statusCode).toBe(403);
      expect((await test.call({ ...call, token: other.token })).statusCode).toBe(404);
      expect((await test.call({ ...call, token: admin.token })).statusCode).toBeLessThan(300);
    }
    expect((await receive(newId(), { quantity: '1', harvested_at: iso() })).statusCode).toBe(404);
  });

  it('a suspended seller reads lots and changes none', async () => {
    const suspended = await createActor(test, { role: 'seller', sellerStatus: 'SUSPENDED' });
    const { id } = await createProduct(test, suspended);
    const lot = await createLot(test, id, { quantity: '1' });
    expect(
      (await test.call({ path: `/products/${id}/lots`, token: suspended.token })).statusCode,
    ).toBe(200);
    expect(
      (await receive(id, { quantity: '1', harvested_at: iso() }, suspended.token)).statusCode,
    ).toBe(403);
    expect(
      (await adjust(id, lot.id, { delta: '1', reason: 'COUNT' }, suspended.token)).statusCode,
    ).toBe(403);
  });
});

describe('paging through lots and movements', () => {
  it('shows each once by cursor, newest first', async () => {
    const { id } = await createProduct(test, seller);
    for (const quantity of ['1', '2', '3']) await createLot(test, id, { quantity });
    for (const [path, member] of [
      ['lots', 'quantity'],
      ['movements', 'delta'],
    ] as const) {
      const at = (query: string) =>
        test.call({ path: `/api/v2/products/${id}/${path}?limit=2${query}`, token: seller.token });
      const first = (await at('')).json();
      const second = (await at(`&cursor=${first.next_cursor}`)).json();
      const all = [...first.data, ...second.data].map((row) => row[member]);
      expect(all).toEqual(['3.000', '2.000', '1.000']);
      expect([first.has_more, second.has_more]).toEqual([true, false]);
    }
  });
});
