// Sends the reads of reads.ts in every way of paging, and the writes of the authorisation matrix as those who may.
import type { AnyRoute } from '../../src/http/route.ts';
import { startSession } from '../../src/modules/auth/sessions/sessions.service.ts';
import { createCallers } from '../authorization/cast.ts';
import { expectedAnswer } from '../authorization/expectation.ts';
import { type Call, createStrangers, makingOf, prepare } from '../authorization/requests.ts';
import { caseOf } from '../authorization/routes.ts';
import type { TestApp } from '../support/app.ts';
import type { Subjects } from './market.ts';
import type { Read } from './reads.ts';

export type Signed = Readonly<Record<Read['as'], string | undefined>>;

/** Sessions of the busiest customer, the biggest seller and an admin of the market. */
export async function signInReaders(test: TestApp, of: Subjects): Promise<Signed> {
  const signIn = async (user_id: string) => {
    const { session_id } = await startSession(test.system, { user_id });
    return test.services.tokens.signAccess({ user_id, session_id, now: test.clock.now() });
  };
  return {
    nobody: undefined,
    customer: await signIn(of.customer),
    seller: await signIn(of.seller_user),
    admin: await signIn(of.admin),
  };
}

/** Sends a GET. @throws Error for any answer but 200 */
export async function get<Answer>(
  test: TestApp,
  { version, path, token }: { version: 'v1' | 'v2'; path: string; token: string | undefined },
): Promise<Answer> {
  const answer = await test.call({ path: `/api/${version}${path}`, token });
  if (answer.statusCode !== 200)
    throw new Error(`GET ${path} answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<Answer>();
}

/** The first page and the last that has a number; the first behind no cursor and the one behind a hundred rows. */
export async function readEveryWay(
  test: TestApp,
  read: Read,
  { route, token }: { route: AnyRoute; token: string | undefined },
): Promise<void> {
  const ask = <Answer>(version: 'v1' | 'v2', ...terms: string[]) => {
    const query = [read.query, ...terms].filter((term) => term !== '').join('&');
    return get<Answer>(test, { version, token, path: query ? `${read.path}?${query}` : read.path });
  };
  if (route.kind === 'single') {
    await ask('v1');
    return;
  }
  const { count } = await ask<{ count: number }>('v1');
  const last = Math.ceil(count / 20);
  if (last > 1) await ask('v1', `page=${last}`);
  const first = await ask<{ next_cursor: string | null }>('v2', 'limit=100');
  if (first.next_cursor !== null) await ask('v2', `cursor=${first.next_cursor}`);
}

/** Calls of a route by those whom the contract lets through; by anybody where it lets nobody without preparations. */
export async function prepareWrites(test: TestApp, route: AnyRoute): Promise<Call[]> {
  const strangers = await createStrangers(test);
  const callers = (await createCallers(test)).filter(({ kind }) =>
    ['customer', 'seller', 'admin', 'nobody'].includes(kind),
  );
  const spec = caseOf(route);
  const relations =
    spec.object === undefined ? [undefined] : (['own', 'sold', 'private', 'public'] as const);
  const candidates = callers.flatMap((caller) =>
    relations
      .filter((relation) => relation === undefined || makingOf(route, caller, relation))
      .map((relation) => ({
        caller,
        relation,
        expected: expectedAnswer(route, spec, { caller: caller.kind, relation }),
      })),
  );
  const allowed = candidates.filter(({ expected }) => expected.startsWith('2'));
  const chosen = allowed.length > 0 ? allowed : candidates.slice(0, 1);
  const calls: Call[] = [];
  for (const { caller, relation } of chosen) {
    const scene = { test, me: caller.actor ?? strangers.stranger, ...strangers };
    calls.push(await prepare(scene, { route, caller }, relation));
  }
  return calls;
}
