// Who is behind an access token: the signature identifies the session, the database whether it is still valid.
import type { Authenticate } from '../../../http/caller.ts';
import { isUuid } from '../../../lib/ids.ts';
import { Problem, TOKEN_REVOKED } from '../../../lib/problem.ts';
import { plusMs } from '../../../lib/time.ts';
import { challenge } from '../../../tokens/tokens.ts';
import {
  type CallerRow,
  findCaller,
  LAST_USED_PRECISION_MS,
  touchSession,
} from './sessions.queries.ts';

/** Role, verification and seller status are read anew for each request, so that every change works at once, everywhere. */
export const authenticate: Authenticate = async (services, token) => {
  const now = services.clock.now();
  const { user_id, session_id } = services.tokens.verifyAccess(token, now);
  if (!isUuid(user_id) || !isUuid(session_id)) throw revoked();
  const caller = await findCaller(services.db, { session_id, user_id });
  if (caller === undefined || !isAlive(caller, now)) throw revoked();
  if (caller.last_used_at <= plusMs(now, -LAST_USED_PRECISION_MS)) {
    await touchSession(services.db, session_id, now);
  }
  const { role, is_verified, has_mfa, proven_at, seller_id, seller_status } = caller;
  const seller =
    seller_id === null || seller_status === null
      ? {}
      : { seller: { id: seller_id, status: seller_status } };
  return { kind: 'user', user_id, session_id, role, is_verified, has_mfa, proven_at, ...seller };
};

function isAlive(caller: CallerRow, now: Date): boolean {
  return caller.is_active && !caller.is_ended && caller.expires_at > now;
}

function revoked(): Problem {
  return new Problem(
    TOKEN_REVOKED,
    'The session has ended: sign in again.',
    challenge('The session has ended'),
  );
}
