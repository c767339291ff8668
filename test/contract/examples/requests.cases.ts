// How each request example is sent: by whom, to which object of the demo market, and after what.
import { generateSync } from 'otplib';
import { DEMO_PEOPLE, DEMO_PRODUCTS } from '../../../src/lib/demo-market.ts';
import { simulatePayment } from '../../../src/modules/dev/simulation.service.ts';
import {
  askForReset,
  codeSentTo,
  PASSWORD,
  signUp,
} from '../../../src/modules/users/users.testkit.ts';
import { asCustomer } from '../../authorization/fixtures.ts';
import {
  makeCashSession,
  makeRiderSale,
  makeStartedPayout,
} from '../../authorization/money.fixtures.ts';
import { makeConfirmedChange } from '../../problems/members.ts';
import type { DemoRole, Market } from './market.ts';

/** What a case brings beside the example and the path of the document. */
export interface Sending {
  readonly token?: string;
  /** Values of the path's parameters, where those of the document are not in the right state for this. */
  readonly params?: Readonly<Record<string, string>>;
  /** Members that no document can know: codes, tokens, ids that differ from market to market. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the example, where somebody else signs it. */
  readonly body?: unknown;
}

type Case = (market: Market) => Promise<Sending>;

const KAMATIS = DEMO_PRODUCTS[0].id;

const byNobody: Case = async () => ({});
const by =
  (role: DemoRole): Case =>
  async (market) => ({ token: (await market.signIn(role)).token });

/** By method and path below the version's prefix, in the order of the documents. */
export const requestCases: Readonly<Record<string, Case>> = {
  'POST /auth/register': byNobody,
  'POST /auth/login': byNobody,
  'POST /auth/login/refresh': async (market) => {
    const { refresh } = await market.signIn('customer');
    return { secrets: { refresh } };
  },
  'POST /auth/step-up': by('customer'),
  'POST /auth/logout': async (market) => {
    const { token, refresh } = await market.signIn('customer');
    return { token, secrets: { refresh } };
  },
  'POST /auth/verify/email': (market) => verification(market, 'email'),
  'POST /auth/verify/phone': (market) => verification(market, 'phone'),
  'POST /auth/password/forgot': byNobody,
  'POST /auth/password/reset': async ({ test }) => {
    const { user_email } = DEMO_PEOPLE.customer;
    const reset_id = await askForReset(test, user_email);
    return { secrets: { reset_id, code: await codeSentTo(test, user_email) } };
  },
  'POST /auth/email/claim/request': byNobody,
  'POST /auth/email/claim': async ({ test }) => {
    const { user_email } = await signUp(test);
    const path = '/auth/email/claim/request';
    const { claim_id } = (await test.call({ method: 'POST', path, body: { user_email } })).json();
    return { secrets: { user_email, claim_id, code: await codeSentTo(test, user_email) } };
  },
  'POST /auth/contact-changes/undo': async ({ test }) => ({
    secrets: { token: (await makeConfirmedChange(test)).token },
  }),
  'POST /auth/password/change': async ({ test }) => ({
    token: (await signUp(test)).access,
    secrets: { current_password: PASSWORD, new_password: `${PASSWORD}-bago` },
  }),
  'POST /auth/mfa/totp/confirm': async (market) => {
    const { token, otp } = await enrolment(market);
    return { token, secrets: { otp: otp() } };
  },
  'POST /auth/mfa/totp/disable': async (market) => {
    const { test } = market;
    const { token, otp } = await enrolment(market);
    const body = { otp: otp() };
    await test.call({ method: 'POST', path: '/auth/mfa/totp/confirm', token, body });
    // A code counts once.
    test.clock.advance(30_000);
    return { token, secrets: { otp: otp() } };
  },
  'PATCH /users/me': by('customer'),
  'PATCH /users/{id}': by('admin'),
  'POST /users/me/addresses': by('customer'),
  'PATCH /users/me/addresses/{id}': by('customer'),
  'POST /sellers': by('customer'),
  'PATCH /sellers/{id}': by('seller'),
  'PUT /sellers/{id}/cash-collector': by('admin'),
  'PUT /sellers/{id}/payout-destination': by('seller'),
  'POST /categories': by('admin'),
  'PATCH /categories/{id}': by('admin'),
  'POST /products': by('seller'),
  'PATCH /products/{id}': by('seller'),
  'POST /products/{id}/lots': by('seller'),
  'POST /products/{id}/lots/{lot_id}/adjust': by('seller'),
  'POST /promos': by('seller'),
  'PATCH /promos/{id}': by('seller'),
  'POST /reviews': by('customer'),
  'PATCH /reviews/{id}': async (market) => {
    const { token, user_id } = await market.signIn('customer');
    return { token, params: { id: await findId(market, 'reviews', { user_id }) } };
  },
  'POST /reviews/{id}/reply': async (market) => {
    const { token } = await market.signIn('seller');
    return { token, params: { id: await findId(market, 'reviews', { product_id: KAMATIS }) } };
  },
  'POST /cart/items': by('customer'),
  'PUT /cart/items/{product_id}': by('customer'),
  'POST /orders/checkout': async (market) => {
    const { token } = await market.signIn('customer');
    await fillCart(market, token);
    return { token };
  },
  'POST /orders/{id}/cancel': async (market) => {
    const { token, order } = await placeOrder(market, 'COD');
    return { token, params: { id: order.id } };
  },
  'PATCH /orders/{id}/status': by('seller'),
  'POST /payments/{id}/refunds': async (market) => {
    const { payment } = await payOrder(market);
    return { ...(await by('admin')(market)), params: { id: payment.id } };
  },
  'POST /admin/cash-sessions': by('admin'),
  'POST /admin/cash-sessions/{id}/orders': async (market) => {
    const { id: sold } = await makeRiderSale(market.test, {
      customer: await market.signIn('customer'),
      seller: await market.signIn('seller'),
    });
    const { id } = await makeCashSession(market.test);
    return { ...(await by('admin')(market)), params: { id }, body: { seller_order_ids: [sold] } };
  },
  'POST /admin/cash-sessions/{id}/close': async (market) => {
    const { id } = await makeCashSession(market.test);
    return { ...(await by('admin')(market)), params: { id } };
  },
  'POST /admin/payouts/{id}/end': async (market) => {
    const { id } = await makeStartedPayout(market.test);
    return { ...(await by('admin')(market)), params: { id } };
  },
  'POST /webhooks/payments/{provider}': async (market) => {
    const { webhook } = await decideOrder(market);
    return { headers: webhook.headers, body: webhook.rawBody };
  },
};

async function verification({ test }: Market, contact: 'email' | 'phone'): Promise<Sending> {
  const { access: token, user_email, user_phone } = await signUp(test);
  await test.call({ method: 'POST', path: `/auth/verify/${contact}/request`, token });
  const code = await codeSentTo(test, contact === 'email' ? user_email : user_phone);
  return { token, secrets: { code } };
}

async function enrolment({ test }: Market) {
  const { access: token } = await signUp(test);
  const enrolled = await test.call({ method: 'POST', path: '/auth/mfa/totp/enroll', token });
  const { secret } = enrolled.json();
  const otp = () => generateSync({ secret, epoch: test.clock.now().getTime() / 1000 });
  return { token, otp };
}

async function findId(
  { test }: Market,
  table: 'reviews',
  where: Readonly<Record<string, string>>,
): Promise<string> {
  let query = test.services.db.selectFrom(table).select('id');
  for (const [column, value] of Object.entries(where))
    query = query.where(column as 'id', '=', value);
  return (await query.executeTakeFirstOrThrow()).id;
}

async function fillCart({ test }: Market, token: string): Promise<void> {
  const body = { product_id: KAMATIS, quantity: '1.5' };
  await test.call({ method: 'POST', path: '/cart/items', token, body });
}

async function placeOrder(market: Market, payment_method: 'COD' | 'GCASH') {
  const actor = await market.signIn('customer');
  const { token } = actor;
  const { test } = market;
  await fillCart(market, token);
  const addresses = await test.call({ path: '/users/me/addresses', token });
  const address_id = addresses.json().results[0].id;
  const placed = await test.call({
    method: 'POST',
    path: '/orders/checkout',
    token,
    headers: { 'idempotency-key': crypto.randomUUID() },
    body: { address_id, payment_method },
  });
  const { order, payment } = placed.json();
  return { token, actor, order, payment };
}

/** A wallet order with the event that says it is paid. */
async function decideOrder(market: Market) {
  const { actor, payment } = await placeOrder(market, 'GCASH');
  const customer = asCustomer(market.test, actor);
  return { payment, webhook: await simulatePayment(customer, payment.id, 'success') };
}

async function payOrder(market: Market) {
  const { payment, webhook } = await decideOrder(market);
  const { provider, headers, rawBody: body } = webhook;
  await market.test.call({ method: 'POST', path: `/webhooks/payments/${provider}`, headers, body });
  return { payment };
}
