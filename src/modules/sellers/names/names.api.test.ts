import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, TEST_BARANGAY, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { stockProduct } from '../../../../test/support/market.ts';

let test: TestApp;
let admin: TestActor;
let seller: TestActor;
let number = 0;

beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
  number += 1;
});
afterAll(() => test.close());

const rename = (business_name: string, by: TestActor = seller, of: TestActor = seller) =>
  test.call({
    method: 'PATCH',
    path: `/sellers/${of.seller_id}`,
    token: by.token,
    body: { business_name },
  });
const decide = (decision: 'approve' | 'refuse') =>
  test.call({
    method: 'POST',
    path: `/sellers/${seller.seller_id}/name/${decision}`,
    token: admin.token,
  });
const apply = async (business_name: string) =>
  test.call({
    method: 'POST',
    path: '/sellers',
    token: (await createActor(test)).token,
    body: {
      business_name,
      business_phone: '09171234567',
      street: 'Km. 5',
      barangay_code: TEST_BARANGAY,
      terms_accepted: true,
    },
  });
const shown = async () => (await test.call({ path: `/sellers/${seller.seller_id}` })).json();
const eventsOf = async (of: TestActor) =>
  (
    await test.services.db
      .selectFrom('outbox_messages')
      .selectAll()
      .where('topic', 'like', 'seller.name%')
      .execute()
  )
    .filter(({ payload }) => JSON.stringify(payload).includes(of.seller_id))
    .map(({ topic }) => topic);

describe('a new name of a verified seller', () => {
  it('waits for an admin: customers see the old one until it is approved, and the seller is notified', async () => {
    const product = await stockProduct(test, seller.seller_id);
    const old = (await shown()).business_name;
    const wanted = `Bukid Fresh ${number}`;
    const asked = await rename(wanted);
    expect(asked.json()).toMatchObject({ business_name: old, requested_name: wanted });
    expect((await shown()).business_name).toBe(old);
    expect(await shown()).not.toHaveProperty('requested_name');
    const waiting = await test.call({
      path: '/sellers?name_requested=true&page_size=100',
      token: admin.token,
    });
    expect(waiting.json().results.map((row: { id: string }) => row.id)).toContain(seller.seller_id);
    const approved = await decide('approve');
    expect(approved.json()).toMatchObject({ business_name: wanted, requested_name: null });
    expect((await shown()).business_name).toBe(wanted);
    const detail = (await test.call({ path: `/products/${product.id}` })).json();
    expect(detail.seller.business_name).toBe(wanted);
    expect(await eventsOf(seller)).toEqual(['seller.name-approved']);
    const log = await test.call({
      path: `/audit-logs?object_id=${seller.seller_id}&action=seller.name_approved`,
      token: admin.token,
    });
    expect(log.json().results[0].changes.business_name).toEqual([old, wanted]);
  });

  it('is refused by an admin, once, and the seller is notified', async () => {
    const old = (await shown()).business_name;
    await rename(`Ginto ${number}`);
    expect((await decide('refuse')).json()).toMatchObject({
      business_name: old,
      requested_name: null,
    });
    expect((await decide('refuse')).json().code).toBe('INVALID_STATUS_TRANSITION');
    expect(await eventsOf(seller)).toEqual(['seller.name-refused']);
  });

  it('is withdrawn by sending the present one', async () => {
    const { business_name } = await shown();
    await rename(`Ginto ${number}`);
    expect((await rename(business_name)).json().requested_name).toBeNull();
    expect((await decide('approve')).statusCode).toBe(409);
  });

  it('is not shown in the list of sellers whose names wait', async () => {
    await rename(`Ginto ${number}`);
    const count = async (query: string) =>
      (await test.call({ path: `/sellers${query}` })).json().count;
    expect(await count('?name_requested=true')).toBe(await count(''));
  });

  it('holds at once where an admin gives it, and where the seller is not verified yet', async () => {
    expect((await rename(`Bago ${number}`, admin)).json().business_name).toBe(`Bago ${number}`);
    const newcomer = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const renamed = await rename(`Simula ${number}`, newcomer, newcomer);
    expect(renamed.json()).toMatchObject({
      business_name: `Simula ${number}`,
      requested_name: null,
    });
  });
});

describe('names of sellers', () => {
  it.each([
    ['case and spaces', 'aling  PURING farm'],
    ['punctuation', 'Aling-Puring, Farm!'],
    ['accents', 'Alíng Púring Farm'],
    ['Cyrillic look-alikes', 'Аling Рuring Fаrm'],
    ['digits for letters', 'A1ing Puring Farm'],
    ['l for I', 'AIing Puring Farm'],
    ['fullwidth letters', 'Ａｌｉｎｇ Puring Farm'],
    ['rn for m', 'Aling Puring Farrn'],
  ])('differ by more than %s', async (_what, lookalike) => {
    await apply('Aling Puring Farm');
    const answer = await apply(lookalike);
    expect([answer.statusCode, answer.json().errors?.[0]?.pointer]).toEqual([
      409,
      '/business_name',
    ]);
    const request = await rename(lookalike);
    expect(request.json().code).toBe('CONFLICT');
  });

  it('can be used again once their seller is gone', async () => {
    const { business_name } = await shown();
    expect((await apply(business_name)).statusCode).toBe(409);
    await test.call({
      method: 'DELETE',
      path: `/sellers/${seller.seller_id}`,
      token: seller.token,
    });
    expect((await apply(business_name)).statusCode).toBe(201);
  });

  it('are refused where they hold what no name holds', async () => {
    const answer = await apply('Nena\nhttps://evil.example');
    expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([400, '/business_name']);
  });

  it('that look alike cannot both be approved', async () => {
    const rival = await createActor(test, { role: 'seller' });
    await rename(`Iisa ${number}`);
    await rename(`IISA ${number}`, rival, rival);
    await decide('approve');
    const answer = await test.call({
      method: 'POST',
      path: `/sellers/${rival.seller_id}/name/approve`,
      token: admin.token,
    });
    expect(answer.json().code).toBe('CONFLICT');
  });
});
