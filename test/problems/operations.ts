// What the documents promise: every operation, each way in which it may refuse, and how one of them is asked.
import type { LightMyRequestResponse } from 'fastify';
import { problemsOf } from '../../src/http/openapi/problems.ts';
import type { AnyRoute } from '../../src/http/route.ts';
import type { ProblemKind } from '../../src/lib/problem.ts';
import { type CallerKind, roleOf } from '../authorization/cast.ts';
import { type Call, prepare, type SendOptions, send } from '../authorization/requests.ts';
import { caseOf, nameOf, routes } from '../authorization/routes.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import type { Refusal } from './form.ts';
import type { Stage } from './stage.ts';
import type { Instance } from './variants.ts';

const KINDS = ['customer', 'seller', 'admin'] as const;

export interface Operation {
  /** `GET /products`, with the version where it is not v1. */
  readonly name: string;
  readonly route: AnyRoute;
  readonly version: 'v1' | 'v2';
}

/** Every operation of v1, and those that are others in v2: its lists. */
export const operations: readonly Operation[] = routes.flatMap((route): Operation[] => {
  const first: Operation = { name: nameOf(route), route, version: 'v1' };
  const isTwofold = route.kind === 'list';
  return isTwofold ? [first, { ...first, name: `${first.name} in v2`, version: 'v2' }] : [first];
});

/** A refusal as tables of cases name it: `404 NOT_FOUND`. */
export function refusalOf({ status, code }: ProblemKind): string {
  return `${status} ${code}`;
}

/** Every refusal that the documents name for a route, once. */
export function refusalsOf(route: AnyRoute): string[] {
  return [...new Set(problemsOf(route).map(refusalOf))];
}

/** An operation about to be refused. */
export interface Attempt {
  readonly stage: Stage;
  readonly operation: Operation;
  /** Who calls, new for this operation; a stranger where nobody needs to. */
  readonly me: TestActor;
  /** Well formed and by somebody whom the route is for, but about what does not exist. */
  readonly call: Call;
}

/** Provokes one refusal. */
export type Provoke = (attempt: Attempt) => Promise<Refusal>;

/** From routes to refusals to what provokes them. */
export type Provocations = Readonly<Record<string, Readonly<Record<string, Provoke>>>>;

export async function createAttempt(stage: Stage, operation: Operation): Promise<Attempt> {
  const { test, strangers } = stage;
  const { route } = operation;
  const kind = KINDS.find((candidate) => route.access.roles?.includes(roleOf(candidate)));
  const actor = kind === undefined ? undefined : await createActor(test, { role: kind });
  const me = actor ?? strangers.stranger;
  const caller = actor && kind ? { kind, actor, token: actor.token } : { kind: 'nobody' as const };
  const relation = caseOf(route).object === undefined ? undefined : 'absent';
  const call = await prepare({ test, me, ...strangers }, { route, caller }, relation);
  return { stage, operation, me, call };
}

export interface Changes extends Omit<SendOptions, 'version'> {
  /** Somebody else who calls. */
  readonly by?: TestActor | CallerKind;
  /** What the path names. */
  readonly names?: Call['names'];
  /** Instead of the API as it should be. */
  readonly through?: Instance;
}

/** Sends the attempt's call with these changes. */
export function ask(
  { stage, operation, call }: Attempt,
  { by, names = call.names, through = stage.test, ...options }: Changes = {},
): Promise<LightMyRequestResponse> {
  const caller = by === undefined ? call.caller : callerFor(stage, by);
  return send(through, { ...call, caller, names }, { ...options, version: operation.version });
}

function callerFor(stage: Stage, by: TestActor | CallerKind): Call['caller'] {
  return typeof by === 'string' ? stage.callers[by] : { kind: 'customer', token: by.token };
}

/** A kind of caller that signs in with a role to which the route is closed. */
export function excludedFrom({ access, method, path }: AnyRoute): CallerKind {
  const kind = KINDS.find((candidate) => !access.roles?.includes(roleOf(candidate)));
  if (kind === undefined) throw new Error(`${method} ${path} is open to every role`);
  return kind;
}
