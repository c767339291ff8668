import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe, userActor } from '../../test/support/probe.ts';
import { type Actor, type Ctx, signedIn } from '../context.ts';
import { isProblem } from '../lib/problem.ts';
import * as access from './access.ts';
import { route } from './route.ts';

const OK = 'ok';
const SIGN_IN = '401 UNAUTHENTICATED';
const FORBIDDEN = '403 FORBIDDEN';
const VERIFY = '403 VERIFICATION_REQUIRED';
const ENROLL = '403 MFA_REQUIRED';

const ACTORS: Readonly<Record<string, Actor>> = {
  nobody: { kind: 'anonymous' },
  system: { kind: 'system' },
  customer: userActor(),
  'customer, not verified': userActor({ is_verified: false }),
  seller: userActor({ role: 'seller' }),
  'seller, not verified': userActor({ role: 'seller', is_verified: false }),
  'admin without a second factor': userActor({ role: 'admin' }),
  'admin with a second factor': userActor({ role: 'admin', has_mfa: true }),
};

/** In the order of ACTORS; admins must have a second factor here. */
const EXPECTED = {
  ANYONE: [OK, OK, OK, OK, OK, OK, OK, OK],
  SIGNED_OUT: [OK, OK, OK, OK, OK, OK, OK, OK],
  SIGNED_IN: [SIGN_IN, SIGN_IN, OK, OK, OK, OK, ENROLL, OK],
  OWN_ACCOUNT: [SIGN_IN, SIGN_IN, OK, OK, OK, OK, OK, OK],
  CUSTOMER_OR_SELLER: [SIGN_IN, SIGN_IN, OK, OK, OK, OK, FORBIDDEN, FORBIDDEN],
  VERIFIED_CUSTOMER: [SIGN_IN, SIGN_IN, OK, VERIFY, OK, VERIFY, FORBIDDEN, FORBIDDEN],
  SELLER: [SIGN_IN, SIGN_IN, FORBIDDEN, FORBIDDEN, OK, OK, FORBIDDEN, FORBIDDEN],
  SELLER_OR_ADMIN: [SIGN_IN, SIGN_IN, FORBIDDEN, FORBIDDEN, OK, OK, ENROLL, OK],
  ADMIN: [SIGN_IN, SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, ENROLL, OK],
} as const;

const RULES = new Map(
  Object.entries(access).flatMap(([name, rule]): [string, access.Access][] =>
    typeof rule === 'object' ? [[name, rule]] : [],
  ),
);

function outcome(actor: Actor, rule: access.Access, mfaRequiredRoles: readonly string[]): string {
  try {
    access.requireAccess(actor, rule, mfaRequiredRoles);
    return OK;
  } catch (error) {
    if (!isProblem(error)) throw error;
    return `${error.kind.status} ${error.kind.code}`;
  }
}

describe('requireAccess', () => {
  it('follows this table for every rule that a route can name', () => {
    expect([...RULES.keys()].sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    const rule = RULES.get(name) ?? {};
    const outcomes = Object.values(ACTORS).map((actor) => outcome(actor, rule, ['admin']));
    expect(outcomes).toEqual(expected);
  });

  it('requires no second factor unless the role must have one', () => {
    for (const rule of RULES.values()) {
      for (const actor of Object.values(ACTORS)) expect(outcome(actor, rule, [])).not.toBe(ENROLL);
    }
  });
});

function contextOf(actor: Actor): Ctx {
  const known: Pick<Ctx, 'actor'> = { actor };
  return known as Ctx;
}

describe('signedIn', () => {
  it('gives the user and refuses everybody else', () => {
    const actor = userActor();
    expect(signedIn(contextOf(actor))).toBe(actor);
    expect(() => signedIn(contextOf({ kind: 'anonymous' }))).toThrow('Sign in first.');
    expect(() => signedIn(contextOf({ kind: 'system' }))).toThrow('Sign in first.');
  });
});

describe('over HTTP', () => {
  let probe: Probe;
  const seen: string[] = [];

  beforeAll(async () => {
    const facts = { operationId: 'probe', tag: 'Probe', summary: 'Probe', status: 204 } as const;
    const body = Type.Object({ name: Type.String() }, { additionalProperties: false });
    const handle = async ({ actor }: Ctx) => {
      seen.push(actor.kind === 'user' ? actor.role : actor.kind);
    };
    const routes = [
      route({ ...facts, method: 'GET', path: '/open', access: access.ANYONE, handle }),
      route({ ...facts, method: 'GET', path: '/sign-in', access: access.SIGNED_OUT, handle }),
      route({ ...facts, method: 'POST', path: '/admin', access: access.ADMIN, body, handle }),
      route({ ...facts, method: 'GET', path: '/admin', access: access.ADMIN, handle }),
    ];
    const callers = {
      maria: userActor(),
      root: userActor({ role: 'admin', has_mfa: true }),
      novice: userActor({ role: 'admin' }),
    };
    probe = await createProbe({ routes, callers, env: { MFA_REQUIRED_ROLES: 'admin' } });
  });
  afterAll(() => probe.close());

  it.each([
    ['nobody', undefined, 401, 'UNAUTHENTICATED'],
    ['a token that nobody has', 'forged', 401, 'UNAUTHENTICATED'],
    ['a customer', 'maria', 403, 'FORBIDDEN'],
    ['an admin without a second factor', 'novice', 403, 'MFA_REQUIRED'],
  ])(
    '%s is refused before body, media type or query are looked at',
    async (_who, token, status, code) => {
      seen.length = 0;
      const caller = token === undefined ? {} : { token };
      const headers = { 'content-type': 'text/plain' };
      const answer = await probe.call({
        method: 'POST',
        path: '/admin?x=1',
        body: 'nonsense',
        headers,
        ...caller,
      });
      expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
      expect(answer.headers['www-authenticate'] === undefined).toBe(status !== 401);
      expect(seen).toEqual([]);
    },
  );

  it('the right role comes through', async () => {
    expect(
      (await probe.call({ method: 'POST', path: '/admin', token: 'root', body: { name: 'a' } }))
        .statusCode,
    ).toBe(204);
    expect((await probe.call({ method: 'HEAD', path: '/admin', token: 'root' })).statusCode).toBe(
      204,
    );
  });

  it('HEAD is kept like GET', async () => {
    expect((await probe.call({ method: 'HEAD', path: '/admin' })).statusCode).toBe(401);
    expect((await probe.call({ method: 'HEAD', path: '/admin', token: 'maria' })).statusCode).toBe(
      403,
    );
  });

  it('a token that is sent must be good even where none is needed', async () => {
    expect((await probe.call({ path: '/open' })).statusCode).toBe(204);
    expect((await probe.call({ path: '/open', token: 'maria' })).statusCode).toBe(204);
    expect((await probe.call({ path: '/open', token: 'forged' })).statusCode).toBe(401);
  });

  it('a caller without a compulsory second factor counts as anonymous on public routes', async () => {
    const roles = [];
    for (const token of ['root', 'novice', 'maria']) {
      seen.length = 0;
      await probe.call({ path: '/open', token });
      roles.push(seen[0]);
    }
    expect(roles).toEqual(['admin', 'anonymous', 'customer']);
  });

  it('a token plays no part in signing in, however dead it is', async () => {
    expect((await probe.call({ path: '/sign-in', token: 'forged' })).statusCode).toBe(204);
  });

  it.each([
    'maria',
    'Basic bWFyaWE6',
    'Bearer',
    'Bearer ',
    'Bearer maria extra',
    'Bearer ma ria',
    `Bearer ${'a'.repeat(8_192)}`,
  ])('Authorization: %s is 401, not 500', async (authorization) => {
    const answer = await probe.call({ path: '/open', headers: { authorization } });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  it.each(['bearer maria', 'BEARER maria', 'Bearer   maria'])(
    'Authorization: %s is read',
    async (authorization) => {
      expect((await probe.call({ path: '/open', headers: { authorization } })).statusCode).toBe(
        204,
      );
    },
  );
});
