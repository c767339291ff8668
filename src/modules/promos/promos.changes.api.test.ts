import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { createPromoBench, type PromoBench } from './promos.testkit.ts';

let bench: PromoBench;
let product: string;
let other: string;
beforeAll(async () => {
  bench = await createPromoBench();
});
afterAll(() => bench.test.close());
beforeEach(async () => {
  ({ product, other } = await bench.stock());
});

const create = async (changes: object = {}): Promise<string> =>
  (await bench.post([product], changes)).json().id;

describe('PATCH /promos/{id}', () => {
  it('moves the discount from old to new products', async () => {
    const id = await create();
    const changes = { product_ids: [other], discount_value: '20.00', name: 'Onion week' };
    const response = await bench.patch(id, changes);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ ...changes, version: 2 });
    expect(await bench.priceOf(product)).toEqual([10_000, null]);
    expect(await bench.priceOf(other)).toEqual([8_000, id]);
  });

  it('keeps what it does not name', async () => {
    const id = await create({ description: 'Ripe', is_active: true });
    const before = (await bench.get(id)).json();
    const { version, updated_at, ...after } = (await bench.patch(id, { name: 'Renamed' })).json();
    expect({ ...before, ...after }).toEqual({ ...before, name: 'Renamed' });
    expect([version, updated_at >= before.updated_at]).toEqual([2, true]);
  });

  it('can be switched off and on again', async () => {
    const id = await create();
    await bench.patch(id, { is_active: false });
    expect(await bench.priceOf(product)).toEqual([10_000, null]);
    await bench.patch(id, { is_active: true });
    expect(await bench.priceOf(product)).toEqual([8_500, id]);
  });

  it.each<[string, object, string]>([
    ['a type that the value is too large for', { discount_type: 'PERCENTAGE' }, '/discount_value'],
    ['an end before the start', { ends_at: '2020-01-01T00:00:00Z' }, '/ends_at'],
    ['an unknown product', { product_ids: [newId()] }, '/product_ids/0'],
    ['an unknown member', { version: 7 }, '/version'],
    ['nothing', {}, ''],
  ])('refuses %s and changes nothing', async (_case, body, pointer) => {
    const id = await create({ discount_type: 'FIXED', discount_value: '150' });
    const response = await bench.patch(id, body);
    expect([response.statusCode, response.json().errors[0].pointer]).toEqual([400, pointer]);
    expect((await bench.get(id)).json().version).toBe(1);
  });

  it('changes only the version that the caller has read', async () => {
    const id = await create();
    const rename = (ifMatch: string) =>
      bench.patch(id, { name: 'Renamed' }, { headers: { 'if-match': ifMatch } });
    const stale = await rename('"7"');
    expect([stale.statusCode, stale.json().code]).toEqual([412, 'STALE_VERSION']);
    expect((await rename('"1"')).statusCode).toBe(200);
    expect((await rename('*')).json().version).toBe(3);
  });

  it('is for its seller and admins: to other sellers it does not exist', async () => {
    const id = await create();
    const statusFor = async ({ token }: { token: string }) =>
      (await bench.patch(id, { name: 'Mine' }, { token })).statusCode;
    expect(await statusFor(bench.customer)).toBe(403);
    expect(await statusFor(bench.rival)).toBe(404);
    expect(await statusFor(bench.admin)).toBe(200);
    expect((await bench.patch(newId(), { name: 'None' })).statusCode).toBe(404);
    expect((await bench.patch('nonsense', { name: 'None' })).statusCode).toBe(404);
  });

  it('is refused, like removal, to a seller who was suspended meanwhile', async () => {
    const id = await create();
    const setStatus = (status: 'VERIFIED' | 'SUSPENDED') =>
      bench.test.services.db
        .updateTable('sellers')
        .set({ status })
        .where('id', '=', bench.seller.seller_id)
        .execute();
    await setStatus('SUSPENDED');
    const answers = [await bench.patch(id, { name: 'New' }), await bench.remove(id)];
    await setStatus('VERIFIED');
    expect(answers.map((response) => response.json().code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });
});

describe('DELETE /promos/{id}', () => {
  it('ends the discount at once and for good', async () => {
    const id = await create();
    expect((await bench.remove(id)).statusCode).toBe(204);
    expect(await bench.priceOf(product)).toEqual([10_000, null]);
    expect((await bench.get(id, bench.seller.token)).statusCode).toBe(404);
    expect(await bench.idsSeenBy(bench.admin.token)).not.toContain(id);
    expect((await bench.remove(id)).statusCode).toBe(404);
  });

  it('checks the version, and whose it is', async () => {
    const id = await create();
    expect((await bench.remove(id, { headers: { 'if-match': '"9"' } })).statusCode).toBe(412);
    expect((await bench.remove(id, { token: bench.customer.token })).statusCode).toBe(403);
    expect((await bench.remove(id, { token: bench.rival.token })).statusCode).toBe(404);
    expect((await bench.remove(id, { headers: { 'if-match': '"1-abc"' } })).statusCode).toBe(204);
  });
});

it('every change of a promo is in the audit log, with what it was before', async () => {
  const id = await create();
  await bench.patch(id, { discount_value: '30' });
  await bench.remove(id);
  const entries = await bench.test.services.db
    .selectFrom('audit_entries')
    .select(['action', 'changes'])
    .where('object_id', '=', id)
    .orderBy('id')
    .execute();
  expect(entries).toEqual([
    { action: 'promo.created', changes: {} },
    { action: 'promo.changed', changes: { discount_hundredths: [1_500, 3_000] } },
    { action: 'promo.removed', changes: {} },
  ]);
});
