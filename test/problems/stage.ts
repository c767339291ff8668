// Where refusals are provoked: the API as it should be, the same API with something wrong with it, and people to call them.
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { SETTINGS } from '../../src/config.ts';
import { ROLES } from '../../src/context.ts';
import { type Caller, type CallerKind, createCallers } from '../authorization/cast.ts';
import { createStrangers } from '../authorization/requests.ts';
import type { TestActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createFaultsOf, type FaultsOf } from './form.ts';
import { createVariant, type Instance } from './variants.ts';

/** Transactions have half of it: two at once. */
const POOL_SIZE = 4;
/** How long a client may take for its headers. */
const HEADERS_TIMEOUT_MS = 200;
/** Where nothing listens. */
const CLOSED_PORT = 'postgres://nobody@127.0.0.1:1/none';

const NOTHING_ALLOWED = {
  UNPAID_ORDERS_MAX: 0,
  SELLER_MAX_PRODUCTS: 0,
  SELLER_MAX_PROMOS: 0,
  PRODUCT_MAX_LOTS: 0,
};

export interface Stage {
  readonly test: TestApp;
  /** Where `test` listens. */
  readonly port: number;
  readonly faultsOf: FaultsOf;
  /** Their calls are always refused, so that they stay as they are. */
  readonly callers: Readonly<Record<CallerKind, Caller>>;
  readonly strangers: Readonly<Record<'stranger' | 'rival' | 'newcomer', TestActor>>;
  /** A connection of its own, for holding up others. */
  readonly outsider: pg.Client;
  /** The same API, with the same people and data. */
  readonly instances: {
    /** Its database is gone. */
    readonly cutOff: Instance;
    /** Every statement fails in a way that nobody foresaw. */
    readonly broken: Instance;
    /** Has no quota left for those who are not signed in. */
    readonly exhausted: Instance;
    /** Every role must have a second factor. */
    readonly strict: Instance;
    /** Nobody may have or leave unpaid anything at all. */
    readonly narrow: Instance;
    /** No wallet takes payments. */
    readonly walletless: Instance;
  };
  close(): Promise<void>;
}

export async function createStage(): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  const test = await createTestApp({ poolSize: POOL_SIZE });
  stack.defer(() => test.close());
  const outsider = new pg.Client({ connectionString: test.databaseUrl });
  await outsider.connect();
  stack.defer(() => outsider.end());
  const callers = await createCallers(test);
  return {
    test,
    port: await listen(test),
    faultsOf: await createFaultsOf(test),
    callers: Object.fromEntries(callers.map((caller) => [caller.kind, caller])) as Stage['callers'],
    strangers: await createStrangers(test),
    outsider,
    instances: {
      cutOff: await createVariant(test, stack, { url: CLOSED_PORT }),
      broken: await createVariant(test, stack, { onStatement: failUnforeseen }),
      exhausted: await exhaustedVariant(test, stack),
      strict: await createVariant(test, stack, {
        services: { config: { ...test.services.config, MFA_REQUIRED_ROLES: ROLES.join(',') } },
      }),
      narrow: await createVariant(test, stack, {
        services: { config: { ...test.services.config, ...NOTHING_ALLOWED } },
      }),
      walletless: await createVariant(test, stack, {
        services: { gateways: { ...test.services.gateways, wallet: undefined } },
      }),
    },
    close: () => stack.disposeAsync(),
  };
}

async function listen({ app }: TestApp): Promise<number> {
  app.server.headersTimeout = HEADERS_TIMEOUT_MS;
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

async function exhaustedVariant(test: TestApp, stack: AsyncDisposableStack): Promise<Instance> {
  const names = SETTINGS.map(({ name }) => name).filter((name) => name.startsWith('RATE_LIMIT_'));
  const tight = Object.fromEntries(names.map((name) => [name, '1/day']));
  const config = { ...test.services.config, ...tight, RATE_LIMITS: 'on' } as const;
  const instance = await createVariant(test, stack, { services: { config } });
  await instance.call({ path: '/places' });
  return instance;
}

function failUnforeseen(): never {
  throw new Error('Nobody foresaw this');
}
