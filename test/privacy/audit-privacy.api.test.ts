// Whatever people do and whatever of themselves they type, the audit log and the outbox hold none of it.
import { sql } from 'kysely';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/lib/time.ts';
import { eraseDeletedUsers } from '../../src/modules/users/erasure/erasure.service.ts';
import {
  codeSentTo,
  PASSWORD,
  type Person,
  signUp,
} from '../../src/modules/users/users.testkit.ts';
import { createActor, TEST_BARANGAY, type TestActor } from '../support/actors.ts';
import { type Call, createTestApp, type TestApp } from '../support/app.ts';
import { stockProduct } from '../support/market.ts';

/** What people type, each word of it found nowhere else. */
const BEFORE = {
  user_name: 'liwayway.makisig',
  user_email: 'liwayway@lihim.example.com',
  user_phone: '09175550142',
  first_name: 'Liwayway',
  last_name: 'Makisig',
};
const AFTER = {
  user_name: 'dalisay.mayumi',
  user_email: 'dalisay@tago.example.com',
  user_phone: '09185550199',
  first_name: 'Dalisay',
  last_name: 'Mayumi',
};
const BY_ADMIN = { ...AFTER, first_name: 'Bituin', last_name: 'Dimaculangan' };
const ADDRESS = {
  label: 'Bahay ni Lola',
  recipient_name: 'Amihan Tadhana',
  recipient_phone: '09195550177',
  street: '77 Kalye Hiwaga',
  landmark: 'tapat ng balete',
};
const NEW_ADDRESS = {
  label: 'Opisina sa taas',
  recipient_name: 'Habagat Sinagtala',
  recipient_phone: '09205550166',
  street: '88 Daang Tahimik',
  landmark: 'likod ng simbahan',
};
const PROFILE = {
  business_phone: '09215550155',
  street: 'Km 9 Landas ng Ulap',
};
const NEW_PROFILE = {
  business_phone: '09225550144',
  street: 'Km 10 Gilid ng Bangin',
};
const NEW_PASSWORD = 'bugtong-na-lihim-93';
const WORDS = {
  notes: 'iwan sa kapitbahay',
  cancelled: 'nagbago ang isip ko',
  failed: 'walang tao sa bahay',
  refunded: 'bulok na kamatis daw',
  review: 'masarap pero mahal',
  new_review: 'sulit na sulit pala',
  reply: 'salamat po suki',
};
const USER_AGENT = 'LihimBrowser/9.7';

let test: TestApp;
let seller: TestActor;
let admin: TestActor;
/** Made by us and handed to one person alone. */
const secrets: string[] = [];

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
  await live();
});
afterAll(() => test.close());

async function call(request: Call) {
  const answer = await test.call({
    ...request,
    headers: { 'user-agent': USER_AGENT, 'idempotency-key': newId(), ...request.headers },
  });
  if (answer.statusCode >= 300)
    throw new Error(`${request.method} ${request.path}: ${answer.body}`);
  return answer.body === '' ? undefined : answer.json();
}

/** A person's whole time with us. */
async function live(): Promise<void> {
  const person = await signUp(test, BEFORE);
  const token = person.access;
  const me = { token, path: '/users/me' };
  secrets.push(person.access, person.refresh);
  await confirm(person, 'email', BEFORE.user_email);
  await confirm(person, 'phone', '+639175550142');
  await placeOrders(token);
  await call({ ...me, method: 'PATCH', body: AFTER });
  await keepAddresses(token);
  await sell(token);
  await guard(token);
  await call({
    token,
    method: 'POST',
    path: '/auth/password/change',
    body: { current_password: PASSWORD, new_password: NEW_PASSWORD },
  });
  const { user_id } = person;
  const asAdmin = { token: admin.token, path: `/users/${user_id}` };
  await call({ ...asAdmin, method: 'PATCH', body: BY_ADMIN });
  expect(await textOf('users')).toContain(BY_ADMIN.last_name);
  await call({ ...asAdmin, method: 'DELETE' });
  await call({ ...asAdmin, method: 'POST', path: `${asAdmin.path}/restore` });
  await call({ ...asAdmin, method: 'DELETE' });
  test.clock.advance(40 * DAY_MS);
  expect(await eraseDeletedUsers(test.system)).toBe(1);
}

async function confirm({ access }: Person, contact: string, to: string): Promise<void> {
  const post = { token: access, method: 'POST' } as const;
  await call({ ...post, path: `/auth/verify/${contact}/request` });
  const code = await codeSentTo(test, to);
  await call({ ...post, path: `/auth/verify/${contact}`, body: { code } });
}

async function placeOrders(token: string): Promise<void> {
  const product = await stockProduct(test, seller.seller_id, {
    lots: [{ quantity_milli: 90_000, days_left: 5 }],
  });
  const body = { ...ADDRESS, barangay_code: TEST_BARANGAY };
  const { id: address_id } = await call({
    token,
    method: 'POST',
    path: '/users/me/addresses',
    body,
  });
  const buy = async () => {
    const line = { product_id: product.id, quantity: '1.000' };
    await call({ token, method: 'POST', path: '/cart/items', body: line });
    const checkout = { address_id, payment_method: 'COD', notes: WORDS.notes };
    return call({ token, method: 'POST', path: '/orders/checkout', body: checkout });
  };
  const move = (id: string, order_status: string, reason?: string) =>
    call({
      token: seller.token,
      method: 'PATCH',
      path: `/orders/${id}/status`,
      body: { order_status, ...(reason === undefined ? {} : { reason }) },
    });
  const cancelled = (await buy()).order;
  const reason = WORDS.cancelled;
  await call({ token, method: 'POST', path: `/orders/${cancelled.id}/cancel`, body: { reason } });
  const failed = (await buy()).order;
  await move(failed.id, 'CONFIRMED');
  await move(failed.id, 'CANCELLED', WORDS.failed);
  const { order: delivered, payment } = await buy();
  for (const status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) await move(delivered.id, status);
  await call({ token, method: 'PATCH', path: `/orders/${delivered.id}/archive` });
  await call({
    token: admin.token,
    method: 'POST',
    path: `/payments/${payment.id}/refunds`,
    body: { amount: '10.00', reason: WORDS.refunded },
  });
  const review = { product_id: product.id, rating: 4, comment: WORDS.review };
  const { id } = await call({ token, method: 'POST', path: '/reviews', body: review });
  const comment = WORDS.new_review;
  await call({ token, method: 'PATCH', path: `/reviews/${id}`, body: { comment } });
  const reply = WORDS.reply;
  await call({
    token: seller.token,
    method: 'POST',
    path: `/reviews/${id}/reply`,
    body: { reply },
  });
  await call({ token, method: 'DELETE', path: `/reviews/${id}` });
}

async function keepAddresses(token: string): Promise<void> {
  const path = '/users/me/addresses';
  const body = { ...ADDRESS, barangay_code: TEST_BARANGAY };
  const { id } = await call({ token, method: 'POST', path, body });
  await call({ token, method: 'PATCH', path: `${path}/${id}`, body: NEW_ADDRESS });
  await call({ token, method: 'DELETE', path: `${path}/${id}` });
}

async function sell(token: string): Promise<void> {
  // The business name is public, and recorded.
  const business = { business_name: 'Gulayan sa Kanto', barangay_code: TEST_BARANGAY };
  const application = { ...business, ...PROFILE, terms_accepted: true };
  const { id } = await call({ token, method: 'POST', path: '/sellers', body: application });
  const path = `/sellers/${id}`;
  await call({ token: admin.token, method: 'POST', path: `${path}/verify` });
  await call({ token, method: 'PATCH', path, body: NEW_PROFILE });
  await call({ token: admin.token, method: 'DELETE', path });
}

async function guard(token: string): Promise<void> {
  const post = (path: string, body?: object) =>
    call({ token, method: 'POST', path: `/auth/mfa/totp/${path}`, ...(body && { body }) });
  const { secret } = await post('enroll');
  const otp = () =>
    generateSync({ secret, epoch: Math.floor(test.clock.now().getTime() / SECOND_MS) });
  const { recovery_codes } = await post('confirm', { otp: otp() });
  secrets.push(secret, ...recovery_codes);
  test.clock.advance(MINUTE_MS);
  await post('disable', { otp: otp() });
}

/** Everything in a table, as one text in lower case. */
async function textOf(table: string): Promise<string> {
  const { rows } = await sql<{ text: string }>`
    SELECT string_agg(to_jsonb(t)::text, E'\n') AS text FROM ${sql.table(table)} t`.execute(
    test.services.db,
  );
  return rows[0]?.text ?? '';
}

describe.each(['audit_entries', 'outbox_messages'])('%s', (table) => {
  const typed = [
    BEFORE,
    AFTER,
    BY_ADMIN,
    ADDRESS,
    NEW_ADDRESS,
    PROFILE,
    NEW_PROFILE,
    WORDS,
  ].flatMap((words) => Object.entries(words).map(([field, value]) => asKept(field, value)));

  it('holds nothing personal that people entered or wrote to each other', async () => {
    const text = (await textOf(table)).toLowerCase();
    expect(typed.filter((value) => text.includes(value.toLowerCase()))).toEqual([]);
    expect(new Set(typed).size).toBeGreaterThan(30);
  });

  it('holds no password, token, secret or code, and no whole address of a machine', async () => {
    const text = await textOf(table);
    const found = [PASSWORD, NEW_PASSWORD, USER_AGENT, '127.0.0.1', ...secrets].filter((secret) =>
      text.includes(secret),
    );
    expect(found).toEqual([]);
    expect(secrets.length).toBeGreaterThan(5);
  });
});

/** A phone number without what differs between `0917…` and `+63917…`. */
function asKept(field: string, value: string): string {
  return field.endsWith('phone') ? value.slice(1) : value;
}

it('holds an entry of each of these actions', async () => {
  const { rows } = await sql<{ action: string }>`
    SELECT DISTINCT action FROM audit_entries`.execute(test.services.db);
  const expected = {
    address: 'added changed removed',
    order: 'archived cancelled confirmed delivered placed shipped',
    payment: 'completed failed refunded',
    review: 'changed removed replied written',
    seller: 'applied changed removed verify',
    session: 'ended started',
    user: 'changed deleted email_change_requested email_verified erased mfa_disabled mfa_enabled password_changed phone_change_requested phone_verified registered restored role_changed',
  };
  const actions = Object.entries(expected).flatMap(([noun, verbs]) =>
    verbs.split(' ').map((verb) => `${noun}.${verb}`),
  );
  expect(rows.map(({ action }) => action).toSorted()).toEqual(actions.toSorted());
});

it('names the personal fields that changed', async () => {
  const text = await textOf('audit_entries');
  for (const field of ['first_name', 'user_phone', 'recipient_name', 'street', 'comment'])
    expect(text).toContain(`"${field}"`);
});
