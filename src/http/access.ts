// Who may call a route. Every route states its access; what is somebody's own is decided by the service.
import {
  type Actor,
  ANONYMOUS,
  type Role,
  STEP_UP_LIFETIME_MS,
  type UserActor,
} from '../context.ts';
import {
  FORBIDDEN,
  MFA_ENROLLMENT_REQUIRED,
  Problem,
  STEP_UP_REQUIRED,
  UNAUTHENTICATED,
  VERIFICATION_REQUIRED,
} from '../lib/problem.ts';

export interface Access {
  /** Absent: nobody needs to sign in, though a token that is sent must be good. */
  readonly roles?: readonly Role[];
  /** Needs a confirmed e-mail address or phone number. */
  readonly verified?: boolean;
  /** Open to roles that must have a second factor but have not set one up yet. */
  readonly withoutMfa?: boolean;
  /** A token plays no part, so that even a dead one does no harm. */
  readonly ignoresToken?: boolean;
}

export const ANYONE: Access = {};
/** Signing in and the like: many clients send the token that has just expired along. */
export const SIGNED_OUT: Access = { ignoresToken: true };
export const SIGNED_IN: Access = { roles: ['customer', 'seller', 'admin'] };
/** Signed in, and reachable before a compulsory second factor exists: how else could it be set up? */
export const OWN_ACCOUNT: Access = { ...SIGNED_IN, withoutMfa: true };
/** A seller can do all that a customer can. */
export const CUSTOMER_OR_SELLER: Access = { roles: ['customer', 'seller'] };
export const VERIFIED_CUSTOMER: Access = { roles: ['customer', 'seller'], verified: true };
export const SELLER: Access = { roles: ['seller'] };
export const SELLER_OR_ADMIN: Access = { roles: ['seller', 'admin'] };
export const ADMIN: Access = { roles: ['admin'] };

/**
 * Refuses a caller whom a route is not for.
 * @throws Problem UNAUTHENTICATED, FORBIDDEN, MFA_REQUIRED or VERIFICATION_REQUIRED
 */
export function requireAccess(
  actor: Actor,
  access: Access,
  mfaRequiredRoles: readonly string[],
): void {
  if (access.roles === undefined) return;
  if (actor.kind !== 'user') {
    throw new Problem(UNAUTHENTICATED, 'Send Authorization: Bearer <access token>.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  if (!access.roles.includes(actor.role)) {
    throw new Problem(FORBIDDEN, `This is for: ${access.roles.join(', ')}.`);
  }
  if (!access.withoutMfa && lacksFactor(actor, mfaRequiredRoles)) {
    throw new Problem(
      MFA_ENROLLMENT_REQUIRED,
      'Your role needs a second factor: set one up at POST /auth/mfa/totp/enroll.',
    );
  }
  if (access.verified && !actor.is_verified) {
    throw new Problem(
      VERIFICATION_REQUIRED,
      'Confirm your e-mail address or phone number first: POST /auth/verify/email/request.',
    );
  }
}

/**
 * Whom a route deals with. On routes that are open to all, somebody who lacks a compulsory second factor is nobody in
 * particular: what their role would show there beyond that is closed to them like everything else of the role.
 */
export function actorFor(actor: Actor, access: Access, mfaRequiredRoles: readonly string[]): Actor {
  const isOpen = access.roles === undefined;
  return isOpen && actor.kind === 'user' && lacksFactor(actor, mfaRequiredRoles)
    ? ANONYMOUS
    : actor;
}

/** Whether the role of a user needs a second factor that they have not set up. */
export function lacksFactor(
  { has_mfa, role }: UserActor,
  mfaRequiredRoles: readonly string[],
): boolean {
  return !has_mfa && mfaRequiredRoles.includes(role);
}

/**
 * Refuses what a stolen token must not do: a sensitive change needs a proof of the person, not only of the session.
 * @throws Problem STEP_UP_REQUIRED
 */
export function requireStepUp(actor: Actor, now: Date): void {
  if (actor.kind !== 'user') return;
  if (now.getTime() - actor.proven_at.getTime() < STEP_UP_LIFETIME_MS) return;
  throw new Problem(
    STEP_UP_REQUIRED,
    'This needs a proof of who you are from the last five minutes: send your password, and a code where a second factor is set up, to POST /auth/step-up, then repeat the request.',
  );
}
