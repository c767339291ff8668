// Calls that go through: for each route somebody who may, on an object that is there.
import type { AnyRoute } from '../../src/http/route.ts';
import type { TestApp } from '../support/app.ts';
import type { Caller } from './cast.ts';
import { expectedAnswer } from './expectation.ts';
import type { Scene } from './objects.ts';
import { type Call, makingOf, prepare } from './requests.ts';
import { caseOf, nameOf } from './routes.ts';

/** Whoever comes first in here and is granted a route, calls it. */
const KINDS = ['nobody', 'customer', 'seller', 'admin'] as const;
const RELATIONS = ['own', 'public', 'private'] as const;

export interface People {
  readonly callers: readonly Caller[];
  readonly strangers: Omit<Scene, 'test' | 'me'>;
}

/** A call that is granted; where the cases grant none, one that is at least well formed. */
export async function grantedCall(
  test: TestApp,
  { callers, strangers }: People,
  route: AnyRoute,
): Promise<Call> {
  const spec = caseOf(route);
  const chances = KINDS.flatMap((kind) => {
    const caller = callers.find((candidate) => candidate.kind === kind) ?? { kind };
    const relations = RELATIONS.filter((relation) => makingOf(route, caller, relation));
    return (spec.object === undefined ? [undefined] : relations).map((relation) => {
      const answer = expectedAnswer(route, spec, { caller: kind, relation });
      return { caller, relation, isGranted: answer.startsWith('2') };
    });
  });
  const chosen = chances.find(({ isGranted }) => isGranted) ?? chances.at(-1);
  if (chosen === undefined) throw new Error(`nobody can call ${nameOf(route)}`);
  const scene = { test, me: chosen.caller.actor ?? strangers.stranger, ...strangers };
  return prepare(scene, { route, caller: chosen.caller }, chosen.relation);
}
