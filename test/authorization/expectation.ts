// How a case of the matrix is written, and what caller, relation and case together make of a call.
import type { Access } from '../../src/http/access.ts';
import type { AnyRoute } from '../../src/http/route.ts';
import { type CallerKind, isSignedIn, roleOf } from './cast.ts';
import type { Names } from './fixtures.ts';
import type { ObjectKind, Relation, Scene } from './objects.ts';

/** A status, with the code of a refusal: `204`, `404 NOT_FOUND`. One for all, or by caller. */
export type Expected = string | Readonly<Partial<Record<CallerKind | 'others', string>>>;

/** Whom the contract lets call, stated here once more, so that a route with the wrong access fails. */
const WHO = {
  anyone: {},
  /** Whoever signs in or up: even a dead token does no harm. */
  signedOut: { ignoresToken: true },
  signedIn: { roles: ['customer', 'seller', 'admin'] },
  customerOrSeller: { roles: ['customer', 'seller'] },
  verifiedCustomer: { roles: ['customer', 'seller'], verified: true },
  seller: { roles: ['seller'] },
  sellerOrAdmin: { roles: ['seller', 'admin'] },
  admin: { roles: ['admin'] },
} as const satisfies Record<string, Access>;

/** What a route needs to be called, and where it answers otherwise than `who` and the relation imply. */
export interface Case {
  readonly who: keyof typeof WHO;
  /** What the path, or else the body, names. */
  readonly object?: ObjectKind;
  /** JSON, or the file where the route takes an upload. */
  readonly body?: (names: Names, scene: Scene, caller: CallerKind) => unknown;
  /** For routes without an object. */
  readonly expect?: Expected;
  /** For routes with one, by relation. */
  readonly deviations?: Readonly<Partial<Record<Relation, Expected>>>;
  /** Product, lot and promo writes, which are closed to suspended sellers. */
  readonly isSelling?: boolean;
}

export type Cases = Readonly<Record<string, Case>>;

export const VALIDATION_ERROR = '400 VALIDATION_ERROR';
export const INVALID_CREDENTIALS = '401 INVALID_CREDENTIALS';
export const FORBIDDEN = '403 FORBIDDEN';
export const NOT_FOUND = '404 NOT_FOUND';
export const CONFLICT = '409 CONFLICT';
export const INVALID_STATUS_TRANSITION = '409 INVALID_STATUS_TRANSITION';

/** Not even admins have others' personal things. */
export const NOBODY_ELSES = { private: NOT_FOUND } as const;
/** Removing what was never there has happened already. */
export const ALWAYS_DONE = { own: '204', private: '204', absent: '204' } as const;
/** What everybody may see is for its owner and admins to change. */
export const keptByOwner = (success: string) =>
  ({ public: { admin: success, others: FORBIDDEN } }) as const;

/** @param relation absent where the route names no object */
export function expectedAnswer(
  route: AnyRoute,
  spec: Case,
  { caller, relation }: { caller: CallerKind; relation: Relation | undefined },
): string {
  const { roles, verified, ignoresToken }: Access = WHO[spec.who];
  if (caller === 'revoked' && !ignoresToken) return '401 TOKEN_REVOKED';
  if (caller === 'expired' && !ignoresToken) return '401 TOKEN_EXPIRED';
  if (roles !== undefined && !isSignedIn(caller)) return '401 UNAUTHENTICATED';
  if (isSignedIn(caller) && roles?.includes(roleOf(caller)) === false) return FORBIDDEN;
  if (verified && caller === 'unverified') return '403 VERIFICATION_REQUIRED';
  const deviation = relation === undefined ? spec.expect : spec.deviations?.[relation];
  return pick(deviation, caller) ?? implied(route, spec, { caller, relation });
}

function implied(
  route: AnyRoute,
  spec: Case,
  { caller, relation }: { caller: CallerKind; relation: Relation | undefined },
): string {
  if (relation === 'absent' || (relation === 'private' && caller !== 'admin')) return NOT_FOUND;
  if (spec.isSelling && caller === 'suspended') return FORBIDDEN;
  if (relation === 'crossed') return NOT_FOUND;
  return String(route.kind === 'single' ? route.status : 200);
}

function pick(expected: Expected | undefined, caller: CallerKind): string | undefined {
  return typeof expected === 'object' ? (expected[caller] ?? expected.others) : expected;
}
