// How refusals appear in the documents: the schema of a problem, and for each route the codes that it may answer with.
import { Type } from 'typebox';
import { ROLES } from '../../context.ts';
import type { ProblemKind } from '../../lib/problem.ts';
import * as problems from '../../lib/problem.ts';
import { Closed, Id, Model, Quantity, Timestamp } from '../../lib/schema.ts';
import { PROBLEM_TYPE } from '../answer/problem-answers.ts';
import { exampleAnswer } from '../answer/problem-words.ts';
import type { AnyRoute } from '../route.ts';

/** Without its parameters, which names of media types do not carry in a document. */
const MEDIA_TYPE = PROBLEM_TYPE.replace(/;.*/, '');

/** Where the documents place their examples. */
const PUBLIC_URL = 'https://api.freshbytes.test';

const FieldError = Closed(
  { pointer: Type.String(), message: Type.String(), code: Type.String() },
  { title: 'FieldError' },
);
const RefusedProduct = Type.Object(
  {
    product_id: Id,
    product_name: Type.String(),
    available_quantity: Type.Optional(Quantity),
    unit: Type.Optional(Type.String()),
  },
  { title: 'RefusedProduct' },
);

export const ProblemDetails = Model(
  'Problem',
  Type.Object({
    type: Type.String({ format: 'uri', description: 'Page about this code' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ description: 'Path of the request' }),
    code: Type.String({ description: 'Stable; what clients switch on' }),
    request_id: Type.String(),
    timestamp: Timestamp,
    errors: Type.Optional(
      Type.Array(FieldError, { description: 'Refused members of the request' }),
    ),
    rate_limit: Type.Optional(
      Type.Object(
        {
          rule: Type.String(),
          limit: Type.Integer({ description: 'Requests in a period' }),
          period_seconds: Type.Integer(),
          ends_at: Timestamp,
          setting: Type.String({ description: 'What an operator sets to change it' }),
        },
        {
          title: 'SpentLimit',
          description: 'Of `RATE_LIMITED`: the rule that refused, and when its period ends',
        },
      ),
    ),
    products: Type.Optional(
      Type.Array(RefusedProduct, {
        description:
          'Of `INSUFFICIENT_STOCK`, `PRODUCT_UNAVAILABLE` and others: the products that stand in the way, and what is left of them',
      }),
    ),
    total_amount: Type.Optional(
      Type.String({ description: 'Of `PRICE_CHANGED`: what the cart comes to now' }),
    ),
    refundable_amount: Type.Optional(
      Type.String({ description: 'What can still be given back of a seller order' }),
    ),
    limit: Type.Optional(
      Type.String({ description: 'Of `LIMIT_REACHED` and `UNPAID_LIMIT`: which limit it is' }),
    ),
    maximum: Type.Optional(Type.Integer({ description: 'How many that limit allows' })),
    maximum_amount: Type.Optional(
      Type.String({ description: 'How much that limit allows, in pesos' }),
    ),
    open_count: Type.Optional(
      Type.Integer({ description: 'Of `OPEN_ORDERS`: how many seller orders are open' }),
    ),
    order_numbers: Type.Optional(
      Type.Array(Type.String(), { description: 'Of `OPEN_ORDERS`: which orders are open' }),
    ),
    known_versions: Type.Optional(
      Type.Array(Type.String(), { description: 'Of `UNKNOWN_API_VERSION`: which there are' }),
    ),
  }),
  exampleAnswer(problems.VALIDATION_ERROR, PUBLIC_URL),
);

/** Every way in which a route may refuse, by status: its own and those that its shape brings. */
export function problemsOf(route: AnyRoute): ProblemKind[] {
  const { roles, withoutMfa } = route.access;
  const isSignedIn = roles !== undefined;
  const excludesRoles = isSignedIn && ROLES.some((role) => !roles.includes(role));
  const takesKey = route.method === 'POST' && route.idempotency !== 'none' && isSignedIn;
  return [
    problems.VALIDATION_ERROR,
    ...(route.idempotency === 'required' ? [problems.IDEMPOTENCY_KEY_REQUIRED] : []),
    ...(route.access.ignoresToken
      ? []
      : [problems.UNAUTHENTICATED, problems.TOKEN_EXPIRED, problems.TOKEN_REVOKED]),
    ...(excludesRoles ? [problems.FORBIDDEN] : []),
    ...(isSignedIn && !withoutMfa ? [problems.MFA_ENROLLMENT_REQUIRED] : []),
    ...(route.stepUp === undefined ? [] : [problems.STEP_UP_REQUIRED]),
    ...(route.access.verified ? [problems.VERIFICATION_REQUIRED] : []),
    ...(route.params === undefined ? [] : [problems.NOT_FOUND]),
    ...(takesKey ? [problems.IDEMPOTENCY_IN_PROGRESS, problems.IDEMPOTENCY_KEY_REUSED] : []),
    // A DELETE takes no body, but one that is sent is read before it is refused.
    ...(route.method === 'GET'
      ? []
      : [problems.PAYLOAD_TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE]),
    ...(route.problems ?? []),
    problems.RATE_LIMITED,
    problems.INTERNAL_ERROR,
    problems.SERVICE_UNAVAILABLE,
  ];
}

/** Response entries for a route's refusals: one a status, naming every code that it may carry. */
export function documentedProblems(route: AnyRoute): Record<number, DocumentedRefusal> {
  const byStatus = new Map<number, Map<string, ProblemKind>>();
  for (const kind of problemsOf(route)) {
    const kinds = byStatus.get(kind.status) ?? new Map<string, ProblemKind>();
    byStatus.set(kind.status, kinds.set(kind.code, kind));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [status, documented([...kinds.values()])]),
  );
}

export interface DocumentedRefusal {
  readonly description: string;
  readonly content: Readonly<
    Record<
      string,
      {
        readonly schema: { readonly $ref: string };
        readonly examples: Record<string, { readonly summary: string; readonly value: object }>;
      }
    >
  >;
}

/** One entry for refusals of one status, naming every code that it may carry; in one order, so that equal ones are alike. */
export function documented(kinds: readonly ProblemKind[]): DocumentedRefusal {
  const sorted = kinds.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const examples = Object.fromEntries(
    sorted.map((kind) => [
      kind.code,
      { summary: kind.title, value: exampleAnswer(kind, PUBLIC_URL) },
    ]),
  );
  return {
    description: sorted.map(({ code, title }) => `\`${code}\`: ${title}`).join('; '),
    content: { [MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' }, examples } },
  };
}
