// The drill of docs/key-rotation.md: its commands, and its table with processes of neighbouring rows side by side.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../../src/lib/time.ts';
import { sealEntries } from '../../../src/modules/audit/seals/seals.service.ts';
import { simulatePayment } from '../../../src/modules/dev/simulation.service.ts';
import {
  codeSentTo,
  logIn,
  type Person,
  signUp,
} from '../../../src/modules/users/users.testkit.ts';
import { createActor, type TestActor } from '../../support/actors.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { movableClock } from '../../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { fencesIn } from '../../support/markdown.ts';
import {
  type Customer,
  createCustomer,
  order,
  type StockedProduct,
  stockProduct,
} from '../../support/market.ts';
import { runCli } from '../../support/processes/cli.ts';

const PAGE = await readFile(join(import.meta.dirname, '../../../docs/key-rotation.md'), 'utf8');
const COMMANDS = fencesIn(PAGE).flatMap(({ text }) => text.trimEnd().split('\n'));
/** The second column of the table of deployments, such as `old,new`. */
const STAGES = [...PAGE.matchAll(/^\| \d \| `([a-z,]+)` \|/gm)].map(([, list = '']) =>
  list.split(','),
);
const METRICS_TOKENS = { old: 'metrics-token-of-last-year', new: 'metrics-token-of-this-year' };

type Age = 'old' | 'new';
const secrets = { old: makeSecrets(), new: makeSecrets() };

/** As the page says to make them. */
function makeSecrets() {
  const [app_secret, private_key] = COMMANDS.filter((line) => line.startsWith('node -p')).map(
    (line) => spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout.trim(),
  );
  return { app_secret: app_secret ?? '', private_key: private_key ?? '' };
}

function environmentOf(ages: readonly string[]): Record<string, string> {
  const list = (pick: (age: Age) => string) => ages.map((age) => pick(age as Age)).join(',');
  return {
    APP_SECRET: list((age) => secrets[age].app_secret),
    JWT_PRIVATE_KEYS: list((age) => secrets[age].private_key),
    METRICS_TOKEN: list((age) => METRICS_TOKENS[age]),
  };
}

const clock = movableClock();
const opened: TestApp[] = [];
let database: TestDatabase;
let seller: TestActor;
let customer: Customer;
let product: StockedProduct;

/** A process with the settings of a row of the table, beside all the others on one database. */
async function start(ages: readonly string[]): Promise<TestApp> {
  const shared = { url: database.url, drop: async () => {} };
  const env = environmentOf(ages);
  const app = await createTestApp({ database: shared, clock, env });
  opened.push(app);
  return app;
}

let stages: TestApp[];
const stage = (number: number): TestApp => {
  const app = stages[number];
  if (app === undefined) throw new Error(`no stage ${number}`);
  return app;
};

beforeAll(async () => {
  database = await createTestDatabase();
  stages = [];
  for (const ages of STAGES) stages.push(await start(ages));
  seller = await createActor(stage(0), { role: 'seller' });
  customer = await createCustomer(stage(0));
  const lots = [{ quantity_milli: 1_000_000, days_left: 9 }];
  product = await stockProduct(stage(0), seller.seller_id, { lots });
  await stockProduct(stage(0), seller.seller_id);
}, 60_000);
afterAll(async () => {
  for (const app of opened) await app.close();
  await database.drop();
});

/** Makes something on one process; the answer tells whether another takes it. */
type Proof = (maker: TestApp) => Promise<(taker: TestApp) => Promise<boolean>>;

/** A token of the taker's own, so that only what is being proven can be refused. */
function tokenFor(
  taker: TestApp,
  { user_id, session_id }: { user_id: string; session_id: string },
) {
  return taker.services.tokens.signAccess({ user_id, session_id, now: clock.now() });
}

async function sessionOf(app: TestApp, { user_id }: Person) {
  const session = await app.services.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow();
  return { user_id, session_id: session.id };
}

function totpOf(secret: string): string {
  return generateSync({ secret, epoch: Math.floor(clock.now().getTime() / SECOND_MS) });
}

/** Somebody with a second factor that was set up on `maker`. */
async function guard(maker: TestApp) {
  const person = await signUp(maker);
  const post = (path: string, body?: object) =>
    maker.call({
      method: 'POST',
      path: `/auth/mfa/totp/${path}`,
      token: person.access,
      ...(body === undefined ? {} : { body }),
    });
  const { secret } = (await post('enroll')).json();
  const { recovery_codes } = (await post('confirm', { otp: totpOf(secret) })).json();
  clock.advance(MINUTE_MS);
  return { ...person, secret, recovery_code: String(recovery_codes[0]) };
}

async function walletPayment(maker: TestApp) {
  const owner = { ...customer, token: tokenFor(maker, customer) };
  return (await order(maker, owner, { [product.id]: '1' }, 'GCASH')).payment;
}

const PROOFS: Readonly<Record<string, Proof>> = {
  'access tokens': async (maker) => {
    const { token } = await createActor(maker);
    return async (taker) => (await taker.call({ path: '/users/me', token })).statusCode === 200;
  },
  cursors: async (maker) => {
    const path = '/api/v2/products?limit=1';
    const { next_cursor } = (await maker.call({ path })).json();
    return async (taker) =>
      (await taker.call({ path: `${path}&cursor=${next_cursor}` })).statusCode === 200;
  },
  'one-time codes': async (maker) => {
    const person = await signUp(maker);
    const path = '/auth/verify/email';
    await maker.call({ method: 'POST', path: `${path}/request`, token: person.access });
    const code = await codeSentTo(maker, person.user_email);
    const session = await sessionOf(maker, person);
    return async (taker) => {
      const token = tokenFor(taker, session);
      return (await taker.call({ method: 'POST', path, token, body: { code } })).statusCode === 200;
    };
  },
  'second factors': async (maker) => {
    const { user_email, secret } = await guard(maker);
    return async (taker) =>
      (await logIn(taker, user_email, { otp: totpOf(secret) })).statusCode === 200;
  },
  'recovery codes': async (maker) => {
    const { user_email, recovery_code } = await guard(maker);
    return async (taker) =>
      (await logIn(taker, user_email, { otp: recovery_code })).statusCode === 200;
  },
  'addresses to pay at': async (maker) => {
    const { checkout_url } = await walletPayment(maker);
    const url = new URL(checkout_url).pathname;
    return async (taker) => (await taker.app.inject({ url })).statusCode === 303;
  },
  'webhooks of the simulator': async (maker) => {
    const { id } = await walletPayment(maker);
    const actor = {
      kind: 'user',
      role: 'customer',
      is_verified: true,
      has_mfa: false,
      proven_at: new Date(),
    } as const;
    const { user_id, session_id } = customer;
    const ctx = { ...maker.system, actor: { ...actor, user_id, session_id } };
    const { headers, rawBody } = await simulatePayment(ctx, id, 'success');
    const url = '/api/v1/webhooks/payments/simulator';
    return async (taker) =>
      (await taker.app.inject({ method: 'POST', url, headers, payload: rawBody })).statusCode < 300;
  },
  'tokens of scrapers': async (maker) => {
    const token = maker.services.config.METRICS_TOKEN?.split(',')[0];
    return async (taker) => (await taker.call({ path: '/metrics', token })).statusCode === 200;
  },
};

it('the table has the four rows that the drill needs', () => {
  expect(STAGES).toEqual([['old'], ['old', 'new'], ['new', 'old'], ['new']]);
});

it('the secrets that the page makes are accepted by production, in every place of the list', async () => {
  const rest = {
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    PUBLIC_URL: 'https://api.freshbytes.ph',
    SMTP_URL: 'smtps://mail.freshbytes.ph',
    MAIL_FROM: 'FreshBytes <no-reply@freshbytes.ph>',
    SECURITY_CONTACT: 'mailto:security@freshbytes.ph',
    // The tests' server may be another machine.
    DATABASE_TLS: 'off',
    SEMAPHORE_API_KEY: 'key',
    PAYMENT_PROVIDER: 'none',
  };
  const env = { ...environmentOf(['old', 'new']), ...rest };
  expect(COMMANDS).toContain('node bin/freshbytes.js config check');
  expect((await runCli(['config', 'check'], { env })).exitCode).toBe(0);
});

describe.each(Object.entries(PROOFS))('%s', (_what, prove) => {
  it.each([
    [0, 1],
    [1, 2],
    [2, 3],
  ])('are taken both ways while deployment %i becomes %i', async (before, after) => {
    const [old, next] = [stage(before), stage(after)];
    expect(await (await prove(old))(old)).toBe(true);
    expect(await (await prove(old))(next)).toBe(true);
    expect(await (await prove(next))(old)).toBe(true);
  });

  it('are refused by a process that does not know the new secret, which is why it comes second first', async () => {
    expect(await (await prove(stage(2)))(stage(0))).toBe(false);
  });

  it('are refused once the secret that made them is gone', async () => {
    expect(await (await prove(stage(0)))(stage(3))).toBe(false);
  });
});

describe('before the old secret goes', () => {
  const reencrypt = (ages: readonly string[]) =>
    runCli(['reencrypt'], { env: { ...environmentOf(ages), DATABASE_URL: database.url } });

  it('second factors are encrypted anew, beside servers; twice is the same, and recovery codes hold', async () => {
    expect(COMMANDS).toContain('node bin/freshbytes.js reencrypt');
    const [app, code] = [await guard(stage(0)), await guard(stage(0))];
    const first = await reencrypt(['new', 'old']);
    expect([first.exitCode, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/^[1-9]\d* of [1-9]\d* second factors encrypted anew/);
    const second = await reencrypt(['new', 'old']);
    expect(second.stdout).toMatch(/^0 of [1-9]\d* second factors encrypted anew/);
    expect((await logIn(stage(3), app.user_email, { otp: totpOf(app.secret) })).statusCode).toBe(
      200,
    );
    expect((await logIn(stage(3), code.user_email, { otp: code.recovery_code })).statusCode).toBe(
      200,
    );
  }, 60_000);

  it('a factor that no secret opens is named, and the command fails', async () => {
    const { user_id } = await guard(stage(0));
    const { exitCode, stderr } = await reencrypt(['new']);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(user_id)]);
  }, 60_000);

  it('the log stays whole where the old secret that sealed it is kept behind a new one', async () => {
    await signUp(stage(0));
    await sealEntries(stage(0).system);
    await signUp(stage(2));
    await sealEntries(stage(2).system);
    expect(COMMANDS).toContain('node bin/freshbytes.js verify-audit');
    const env = { ...environmentOf(['new']), DATABASE_URL: database.url };
    const AUDIT_SEAL_SECRETS = `${'s'.repeat(32)},${secrets.old.app_secret}`;
    const kept = await runCli(['verify-audit'], { env: { ...env, AUDIT_SEAL_SECRETS } });
    expect([kept.exitCode, kept.stdout]).toEqual([0, expect.stringMatching(/^\d+ entries sealed/)]);
    expect((await runCli(['verify-audit'], { env })).stdout).toMatch(/^broken: /);
  }, 60_000);
});
