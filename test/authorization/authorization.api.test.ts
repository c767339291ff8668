// The authorisation matrix, generated from the route table: every operation, called by every kind of caller, on what is
// theirs, what is another's and what does not exist.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyRoute } from '../../src/http/route.ts';
import { newId } from '../../src/lib/ids.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type Caller, createCallers } from './cast.ts';
import { expectedAnswer } from './expectation.ts';
import type { Relation } from './objects.ts';
import { type Call, createStrangers, makingOf, prepare, send } from './requests.ts';
import { caseOf, cases, nameOf, routes, versionedRoutes } from './routes.ts';

/** Own things last: what callers do with them may change what they are. */
const RELATIONS = ['sold', 'public', 'private', 'crossed', 'absent', 'own'] as const;

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

describe('the route table', () => {
  it('has a case for every route, and no case without its route', () => {
    expect(Object.keys(cases).sort()).toEqual(routes.map(nameOf).sort());
  });

  it.each(['v1', 'v2'])('is all that %s documents, beside health', async (version) => {
    const document = await test.call({ path: `/api/${version}/openapi.json` });
    const { paths } = document.json<{ paths: Record<string, object> }>();
    const documented = Object.entries(paths).flatMap(([path, operations]) => {
      const pattern = path.replace(`/api/${version}`, '').replaceAll(/{(\w+)}/g, ':$1');
      return Object.keys(operations).map((method) => `${method.toUpperCase()} ${pattern}`);
    });
    expect(documented.sort()).toEqual([...versionedRoutes.map(nameOf), 'GET /health'].sort());
  });
});

describe('every caller gets what the contract allows them, and no more:', () => {
  it.each(routes.map((route) => [nameOf(route), route] as const))('%s', async (_name, route) => {
    const answers = await callAsEverybody(route);
    expect(tabulate(answers, ({ given }) => given)).toEqual(
      tabulate(answers, ({ expected }) => expected),
    );
    if (caseOf(route).object?.private !== undefined) {
      expect(refusals(answers, 'private')).toEqual(refusals(answers, 'absent'));
    }
  });

  it('what was refused left no trace', async () => {
    const traces = await test.services.db
      .selectFrom('audit_entries')
      .select('action')
      .where('request_id', 'like', 'refused-%')
      .execute();
    expect(traces).toEqual([]);
  });
});

interface Answer {
  readonly caller: Caller;
  /** Absent where the route names no object. */
  readonly relation: Relation | undefined;
  /** Status, and the code of a refusal. */
  readonly expected: string;
  readonly given: string;
  /** The body of a refusal, without what differs from request to request. */
  readonly problem: object | undefined;
}

async function callAsEverybody(route: AnyRoute): Promise<Answer[]> {
  const strangers = await createStrangers(test);
  const answers: Answer[] = [];
  for (const caller of await createCallers(test)) {
    const scene = { test, me: caller.actor ?? strangers.stranger, ...strangers };
    const relations = RELATIONS.filter((relation) => makingOf(route, caller, relation));
    for (const relation of caseOf(route).object === undefined ? [undefined] : relations) {
      answers.push(await answerTo(await prepare(scene, { route, caller }, relation)));
    }
  }
  return answers;
}

async function answerTo(call: Call): Promise<Answer> {
  const { route, caller, relation } = call;
  const expected = expectedAnswer(route, caseOf(route), { caller: caller.kind, relation });
  const fate = /^40[134]/.test(expected) ? 'refused' : 'allowed';
  const response = await send(test, call, { headers: { 'x-request-id': `${fate}-${newId()}` } });
  const status = response.statusCode;
  const answer = { caller, relation, expected };
  if (status < 400) return { ...answer, given: String(status), problem: undefined };
  const { request_id: _id, timestamp: _time, instance: _path, ...problem } = response.json();
  const lacksChallenge = status === 401 && response.headers['www-authenticate'] === undefined;
  const given = `${status} ${problem.code}${lacksChallenge ? ' without WWW-Authenticate' : ''}`;
  return { ...answer, given, problem };
}

function tabulate(answers: readonly Answer[], show: (answer: Answer) => string) {
  return Object.fromEntries(
    answers.map((answer) => [`${answer.caller.kind} ${answer.relation ?? ''}`, show(answer)]),
  );
}

/** What callers were told, less admins, from whom nothing is hidden. */
function refusals(answers: readonly Answer[], relation: Relation) {
  const told = answers.filter((answer) => answer.relation === relation);
  return Object.fromEntries(
    told.flatMap(({ caller, problem }) =>
      caller.kind === 'admin' ? [] : [[caller.kind, problem]],
    ),
  );
}
