// Who calls in the authorisation matrix: every kind of caller once, and strangers who own what is not the caller's.

import type { Role } from '../../src/context.ts';
import { plusMs } from '../../src/lib/time.ts';
import { endAllSessions } from '../../src/modules/auth/sessions/sessions.service.ts';
import { ACCESS_LIFETIME_MS } from '../../src/tokens/tokens.ts';
import { type ActorOptions, createActor, type TestActor } from '../support/actors.ts';
import type { TestApp } from '../support/app.ts';
import { asCustomer } from './fixtures.ts';

/** Kinds of caller that sign in with a good token, by how they differ from a verified customer. */
const SIGNED_IN = {
  unverified: { role: 'customer', verified: false },
  customer: { role: 'customer' },
  seller: { role: 'seller' },
  pending: { role: 'seller', sellerStatus: 'PENDING' },
  suspended: { role: 'seller', sellerStatus: 'SUSPENDED' },
  admin: { role: 'admin' },
} as const satisfies Record<string, ActorOptions>;

export type SignedIn = keyof typeof SIGNED_IN;
export type CallerKind = SignedIn | 'nobody' | 'revoked' | 'expired';

export interface Caller {
  readonly kind: CallerKind;
  readonly token?: string;
  /** Absent for nobody. */
  readonly actor?: TestActor;
}

export function roleOf(kind: SignedIn): Role {
  return SIGNED_IN[kind].role;
}

export function isSignedIn(kind: CallerKind): kind is SignedIn {
  return kind in SIGNED_IN;
}

export async function createCallers(test: TestApp): Promise<Caller[]> {
  const callers: Caller[] = [{ kind: 'nobody' }];
  for (const kind of Object.keys(SIGNED_IN) as SignedIn[]) {
    const actor = await createActor(test, SIGNED_IN[kind]);
    callers.push({ kind, actor, token: actor.token });
  }
  const revoked = await createActor(test, { role: 'admin' });
  await endAllSessions(asCustomer(test, revoked));
  const expired = await createActor(test, { role: 'admin' });
  const signed_at = plusMs(test.clock.now(), -2 * ACCESS_LIFETIME_MS);
  const { user_id, session_id } = expired;
  callers.push({ kind: 'revoked', actor: revoked, token: revoked.token });
  callers.push({
    kind: 'expired',
    actor: expired,
    token: test.services.tokens.signAccess({ user_id, session_id, now: signed_at }),
  });
  return callers;
}
