// Whichever statement of a request fails, in a way that nobody foresaw: the answer is a 500 of the documented form, never
// a success, and never a refusal that blames the caller.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallers } from '../authorization/cast.ts';
import { grantedCall } from '../authorization/granted.ts';
import { createStrangers, send } from '../authorization/requests.ts';
import { nameOf, routes } from '../authorization/routes.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createFaultsOf, type FaultsOf } from './form.ts';
import { createVariant, type Instance } from './variants.ts';

/** More than any request has. */
const MAX_STATEMENTS = 100;

/** What a wallet delivers is a request of its own, whose failure it is not told. */
const DELIVERING = 'POST /dev/payments/:payment_id/simulate';

/** What only the statement that adds views holds. */
const COUNTING_VIEWS = 'SET view_count = view_count + ';

const stack = new AsyncDisposableStack();
let test: TestApp;
let faultsOf: FaultsOf;
let fragile: Instance;
/** How many statements of `fragile` still go well. */
let good = Number.POSITIVE_INFINITY;

beforeAll(async () => {
  test = await createTestApp();
  stack.defer(() => test.close());
  faultsOf = await createFaultsOf(test);
  fragile = await createVariant(test, stack, {
    onStatement: (statement) => {
      // Views are added by a timer of the process, in the middle of any request.
      if (statement.includes(COUNTING_VIEWS)) return;
      good -= 1;
      if (good === -1) throw new Error('Nobody foresaw this');
    },
  });
});
afterAll(() => stack.disposeAsync());

describe('a statement that fails is a 500, whichever it is:', () => {
  const named = routes.map((route) => [nameOf(route), route] as const);
  const tried = named.filter(([name]) => name !== DELIVERING);

  it.each(tried)('%s', async (_name, route) => {
    const people = { callers: await createCallers(test), strangers: await createStrangers(test) };
    const call = await grantedCall(test, people, route);
    for (let i = 0; i < MAX_STATEMENTS; i += 1) {
      good = i;
      const answer = await send(fragile, call);
      if (good >= 0) return;
      expect([i, await faultsOf(answer, '500 INTERNAL_ERROR')]).toEqual([i, []]);
    }
    expect.unreachable('the request never came to its end');
  });
});
