// Sessions: one per sign-in, kept alive by rotating refresh tokens, dead at once when ended.
import { createHash } from 'node:crypto';
import { type Ctx, signedIn, type TxCtx } from '../../../context.ts';
import type { Page, PageRequest } from '../../../db/paging/paging.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import {
  notFound,
  Problem,
  TOKEN_EXPIRED,
  TOKEN_REVOKED,
  UNAUTHENTICATED,
} from '../../../lib/problem.ts';
import { DAY_MS, plusMs, SECOND_MS } from '../../../lib/time.ts';
import { ACCESS_LIFETIME_MS } from '../../../tokens/tokens.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import {
  type EndReason,
  endSessions,
  findSessionOfToken,
  findSessionPage,
  insertRefreshToken,
  insertSession,
  lockSession,
  type SessionRow,
  spendRefreshToken,
  touchSession,
} from './sessions.queries.ts';

export type { SessionRow } from './sessions.queries.ts';

/** However often its tokens rotate, a session ends this long after the sign-in. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS;
const MAX_USER_AGENT_LENGTH = 200;

export interface TokenPair {
  readonly session_id: string;
  readonly access: string;
  readonly refresh: string;
  /** Seconds that the access token lives. */
  readonly expires_in: number;
}

export interface SignIn {
  readonly user_id: string;
  readonly userAgent?: string | undefined;
}

/** Opens a session; whoever calls has made sure who the user is. */
export function startSession(ctx: Ctx, { user_id, userAgent }: SignIn): Promise<TokenPair> {
  const now = ctx.clock.now();
  const session_id = newId();
  return inTransaction(ctx, async (ctx) => {
    await insertSession(ctx.db, {
      id: session_id,
      user_id,
      user_agent: userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
      ip_prefix: ctx.ipPrefix ?? null,
      created_at: now,
      last_used_at: now,
      expires_at: plusMs(now, SESSION_LIFETIME_MS),
    });
    return issuePair(ctx, { user_id, session_id });
  });
}

/**
 * Spends a refresh token for a new pair. A spent one ends its session: it was copied, and nobody can tell who
 * holds the original. There is no grace for two tabs that refresh at once, because a thief would have it too.
 * @throws Problem UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED
 */
export async function rotateSession(
  ctx: Ctx,
  refresh: string,
): Promise<TokenPair & { user_id: string }> {
  const token_hash = hashOf(refresh);
  const outcome = await inTransaction(ctx, async (ctx) => {
    const owner = await findSessionOfToken(ctx.db, token_hash);
    const session = owner && (await lockSession(ctx.db, owner.id));
    if (session === undefined)
      throw new Problem(UNAUTHENTICATED, 'This is not a refresh token of ours: sign in again.');
    if (session.ended_at !== null) throw revoked();
    const now = ctx.clock.now();
    if (session.expires_at <= now)
      throw new Problem(TOKEN_EXPIRED, 'The session has reached its end: sign in again.');
    if (!(await spendRefreshToken(ctx.db, token_hash, now))) {
      await endUserSessions(ctx, { user_id: session.user_id, id: session.id, reason: 'REUSE' });
      return undefined;
    }
    await touchSession(ctx.db, session.id, now);
    const pair = await issuePair(ctx, { user_id: session.user_id, session_id: session.id });
    return { ...pair, user_id: session.user_id };
  });
  // Only now: thrown inside, it would roll back the end of the session.
  if (outcome === undefined) throw revoked();
  return outcome;
}

/** Ends the caller's session, and that of `refresh` where it is another of the caller's. */
export async function logOut(ctx: Ctx, refresh: string): Promise<void> {
  const { user_id, session_id } = signedIn(ctx);
  await inTransaction(ctx, async (ctx) => {
    const named = await findSessionOfToken(ctx.db, hashOf(refresh));
    await endUserSessions(ctx, { user_id, id: session_id, reason: 'LOGOUT' });
    if (named?.user_id === user_id)
      await endUserSessions(ctx, { user_id, id: named.id, reason: 'LOGOUT' });
  });
}

/** The caller's living sessions. */
export function listSessions(ctx: Ctx, page: PageRequest): Promise<Page<SessionRow>> {
  return findSessionPage(ctx.db, signedIn(ctx).user_id, { now: ctx.clock.now(), page });
}

/** @throws Problem NOT_FOUND where the caller has no such living session */
export async function endSession(ctx: Ctx, id: string): Promise<void> {
  const { user_id } = signedIn(ctx);
  const ended = await inTransaction(ctx, (ctx) =>
    endUserSessions(ctx, { user_id, id, reason: 'ENDED_BY_USER' }),
  );
  if (ended === 0) throw notFound('session');
}

/** Signs the caller out everywhere, here included. */
export async function endAllSessions(ctx: Ctx): Promise<void> {
  const { user_id } = signedIn(ctx);
  await inTransaction(ctx, (ctx) => endUserSessions(ctx, { user_id, reason: 'ENDED_BY_USER' }));
}

/** Ends all sessions of a user, or one (`id`), or all but one (`except`). @returns how many ended */
export async function endUserSessions(
  ctx: TxCtx,
  end: {
    readonly user_id: string;
    readonly reason: EndReason;
    readonly id?: string;
    readonly except?: string;
  },
): Promise<number> {
  const ids = await endSessions(ctx.db, { ...end, at: ctx.clock.now() });
  if (ids.length > 0) {
    const changes = { reason: [null, end.reason], sessions: [null, ids.length] } as const;
    await recordAudit(ctx, {
      action: 'session.ended',
      object_type: 'user',
      object_id: end.user_id,
      changes,
    });
  }
  return ids.length;
}

async function issuePair(
  ctx: TxCtx,
  { user_id, session_id }: { user_id: string; session_id: string },
): Promise<TokenPair> {
  const now = ctx.clock.now();
  const refresh = ctx.tokens.signRefresh(session_id);
  await insertRefreshToken(ctx.db, { token_hash: hashOf(refresh), session_id, created_at: now });
  const access = ctx.tokens.signAccess({ user_id, session_id, now });
  return { session_id, access, refresh, expires_in: ACCESS_LIFETIME_MS / SECOND_MS };
}

/** Random 256 bits need no slow hash: there is nothing to guess. */
function hashOf(refresh: string): Buffer {
  return createHash('sha256').update(refresh).digest();
}

function revoked(): Problem {
  return new Problem(TOKEN_REVOKED, 'The session has ended: sign in again.');
}
