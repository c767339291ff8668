// Many households behind one address, as mobile carriers have them: nobody's quota is another's to spend.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { checkoutUrl } from '../../src/modules/payments/payments.service.ts';
import { PASSWORD } from '../../src/modules/users/users.testkit.ts';
import { createMember, type Member } from '../problems/members.ts';
import { createActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { stockProduct } from '../support/market.ts';

const CLIENTS = 25;
const REQUESTS_PER_VISIT = 6;
const SETUP_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 120_000;
/** More than any budget of an address. */
const MANY = 10_000;
const remoteAddress = '203.0.113.7';

interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** Of somebody whom nobody knows. */
function strangersCredentials() {
  return { user_email: `${newId()}@freshbytes.test`, password: 'not-the-password' };
}

describe('25 clients behind one address', { timeout: TEST_TIMEOUT_MS }, () => {
  let test: TestApp;
  let product_id: string;
  const members: Member[] = [];
  beforeAll(async () => {
    test = await createTestApp({ env: { RATE_LIMITS: 'on' } });
    const { seller_id = '' } = await createActor(test, { role: 'seller' });
    ({ id: product_id } = await stockProduct(test, seller_id));
    while (members.length < CLIENTS) members.push(await createMember(test));
  }, SETUP_TIMEOUT_MS);
  afterAll(() => test?.close());

  const ask = (url: string, { token, body }: { token?: string; body?: object } = {}) =>
    test.app.inject({
      method: body === undefined ? 'GET' : 'POST',
      url,
      remoteAddress,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: body }),
    });
  const signIn = async ({ user_email }: Member, password = PASSWORD) =>
    ask('/api/v1/auth/login', { body: { user_email, password } });
  const refresh = (refresh: string) => ask('/api/v1/auth/login/refresh', { body: { refresh } });
  /** Does `request` until it is refused. @returns how often it was let pass */
  const spend = async (request: () => ReturnType<typeof ask>): Promise<number> => {
    for (let count = 0; count < MANY; count += 1)
      if ((await request()).statusCode === 429) return count;
    throw new Error(`${MANY} requests were let pass`);
  };

  it('sign in, browse, search and refresh within a minute', async () => {
    for (const member of members) {
      const signedIn = await signIn(member);
      expect(signedIn.statusCode).toBe(200);
      const { access, refresh: first } = signedIn.json<Pair>();
      for (let i = 0; i < REQUESTS_PER_VISIT; i += 1) {
        expect((await ask('/api/v1/products')).statusCode).toBe(200);
        expect((await ask(`/api/v1/products/${product_id}`)).statusCode).toBe(200);
        expect((await ask(`/media/${newId()}/small`)).statusCode).toBe(404);
      }
      expect((await ask('/api/v1/products?search=kamatis')).statusCode).toBe(200);
      expect((await ask('/api/v1/users/me', { token: access })).statusCode).toBe(200);
      expect((await refresh(first)).statusCode).toBe(200);
    }
  });

  it('go on signing in, refreshing and reading while a neighbour spends all that it can', async () => {
    test.clock.advance(60_000);
    const [neighbour, ...others] = members;
    if (neighbour === undefined) throw new Error('nobody is there');
    const pairs = await Promise.all(
      others.map(async (member) => (await signIn(member)).json<Pair>()),
    );
    expect(await spend(() => ask('/api/v1/products'))).toBeGreaterThan(0);
    expect(await spend(() => signIn(neighbour, 'not-the-password'))).toBe(5);
    for (let i = 0; i < 200; i += 1) await signIn(neighbour, 'not-the-password');
    // What was invented is counted as browsing, which is spent.
    expect(await spend(() => refresh(`${newId()}.invented`))).toBe(0);
    const webhook = () => ask('/api/v1/webhooks/payments/invented', { body: {} });
    expect(await spend(webhook)).toBe(0);
    const spray = () => ask('/api/v1/auth/login', { body: strangersCredentials() });
    expect(await spend(spray)).toBeGreaterThan(0);
    const forged = await ask('/api/v1/webhooks/payments/simulator', { body: {} });
    expect([forged.statusCode, forged.json().code]).toEqual([403, 'FORBIDDEN']);
    const checkout = new URL(checkoutUrl(test.services.config, newId())).pathname;
    expect((await ask(checkout)).statusCode).toBe(404);
    expect((await ask(`${checkout}x`)).statusCode).toBe(429);
    for (const [i, member] of others.entries()) {
      const { access = '', refresh: first = '' } = pairs[i] ?? {};
      expect((await ask('/api/v1/users/me', { token: access })).statusCode).toBe(200);
      expect((await refresh(first)).statusCode).toBe(200);
      expect((await signIn(member)).statusCode).toBe(200);
    }
    expect((await ask(`/media/${newId()}/small`)).statusCode).toBe(404);
  });

  it('get TOKEN_EXPIRED, not a quota, where the quota of browsing is spent', async () => {
    const [member] = members;
    if (member === undefined) throw new Error('nobody is there');
    await spend(() => ask('/api/v1/products'));
    const expired = test.services.tokens.signAccess({
      user_id: member.user_id,
      session_id: newId(),
      now: new Date(test.clock.now().getTime() - 3_600_000),
    });
    const answer = await ask('/api/v1/users/me', { token: expired });
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'TOKEN_EXPIRED']);
    expect(await spend(() => ask('/api/v1/users/me', { token: expired }))).toBeGreaterThan(0);
    expect((await ask('/api/v1/users/me', { token: 'invented' })).statusCode).toBe(429);
  });
});
