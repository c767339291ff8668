// Chance calls every operation: whatever it sends, the answer is a success or one of the refusals that the documents name.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '../../src/modules/auth/passwords/passwords.ts';
import { PASSWORD } from '../../src/modules/users/users.testkit.ts';
import { createCallers } from '../authorization/cast.ts';
import { grantedCall, type People } from '../authorization/granted.ts';
import { createStrangers, send } from '../authorization/requests.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createFaultsOf, type FaultsOf } from './form.ts';
import { operations, refusalsOf } from './operations.ts';
import { oddRequests, type StrangeRequest, strangeRequests } from './strange.ts';

/** By chance, beside those that are not. */
const RUNS = 30;
/** The same requests each time, but for the ids in them. */
const SEED = 20260302;
/** Documented, but for faults of ours and of the machine. */
const NEVER = /^(500|503)/;

let test: TestApp;
let faultsOf: FaultsOf;
let password_hash: string;
beforeAll(async () => {
  test = await createTestApp();
  faultsOf = await createFaultsOf(test);
  password_hash = await hashPassword(test.system, PASSWORD);
});
afterAll(() => test.close());

describe('whatever is sent, the answer is a success or a documented refusal:', () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s',
    async (_name, operation) => {
      const { route, version } = operation;
      const people = await createPeople();
      const call = await grantedCall(test, people, route);
      const documented = refusalsOf(route).filter((refusal) => !NEVER.test(refusal));
      const property = fc.asyncProperty(strangeRequests(operation, call), async (request) => {
        const { by, names, ...rest } = request;
        const caller = people.callers.find(({ kind }) => kind === by) ?? call.caller;
        const answer = await send(test, { ...call, caller, names }, { ...rest, version });
        if (answer.statusCode < 400) return;
        const refusal = `${answer.statusCode} ${answer.json().code}`;
        expect(documented).toContain(refusal);
        expect(await faultsOf(answer, refusal)).toEqual([]);
      });
      const examples = oddRequests(operation, call).map((request): [StrangeRequest] => [request]);
      const numRuns = examples.length + RUNS;
      await fc.assert(property, { examples, numRuns, seed: SEED, endOnFailure: true });
    },
  );
});

async function createPeople(): Promise<People> {
  const people = { callers: await createCallers(test), strangers: await createStrangers(test) };
  // What actors have in its place is no hash at all, which only a broken database would hold.
  await test.services.db.updateTable('users').set({ password_hash }).execute();
  return people;
}
