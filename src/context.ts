// Ctx: who acts, on which connection, at which time. Every service function's first argument.
import type { Cache } from './cache/cache.ts';
import type { Config } from './config.ts';
import type { CommitMemory } from './db/commits/commit-memory.ts';
import type { Db, DbTransaction } from './db/database.ts';
import { observeStatements } from './db/observed.ts';
import type { Replica } from './db/replica/replica.ts';
import type { GatewayFacts, Gateways } from './gateways/gateways.ts';
import { type Jobs, jobsWithin } from './jobs/jobs.ts';
import { Problem, UNAUTHENTICATED } from './lib/problem.ts';
import { type Clock, MINUTE_MS } from './lib/time.ts';
import type { ErrorReports } from './telemetry/errors/error-reports.ts';
import type { Log } from './telemetry/log.ts';
import type { TraceContext } from './telemetry/traces/trace-context.ts';
import type { Activity, Tracing } from './telemetry/traces/tracing.ts';
import type { Tokens } from './tokens/tokens.ts';

export const ROLES = ['customer', 'seller', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** How long a proof of the person behind a session lasts. */
export const STEP_UP_LIFETIME_MS = 5 * MINUTE_MS;

/** A signed-in person as the database knew them when this request began. */
export interface UserActor {
  readonly kind: 'user';
  readonly user_id: string;
  readonly session_id: string;
  readonly role: Role;
  /** Has confirmed an e-mail address or a phone number. */
  readonly is_verified: boolean;
  readonly has_mfa: boolean;
  /** When this session last proved who uses it: by signing in, or at POST /auth/step-up. */
  readonly proven_at: Date;
  /** The caller's seller profile, if there is one. */
  readonly seller?: { readonly id: string; readonly status: 'PENDING' | 'VERIFIED' | 'SUSPENDED' };
}

export type Actor = UserActor | { readonly kind: 'anonymous' } | { readonly kind: 'system' };

export const ANONYMOUS: Actor = Object.freeze({ kind: 'anonymous' });

/** What lives as long as the process. */
export interface Services {
  readonly config: Config;
  readonly db: Db;
  /** For public reads alone, through `readPublic`. Absent where DATABASE_REPLICA_URL is, and in what answers no requests. */
  readonly replica?: Replica | undefined;
  readonly cache: Cache;
  readonly jobs: Jobs;
  readonly gateways: Gateways;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly log: Pick<Log, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
  /** Absent where no collector is configured. */
  readonly tracing?: Tracing | undefined;
  /** Absent where SENTRY_DSN is. */
  readonly errorReports?: ErrorReports | undefined;
  /** Absent in commands, which end before anything could be taken back from them. */
  readonly commits?: CommitMemory | undefined;
}

/** May be inside a transaction, where nothing slow may run: it has no gateway to call. */
export interface Ctx extends Omit<Services, 'gateways'> {
  readonly gateways: GatewayFacts;
  readonly actor: Actor;
  readonly requestId: string;
  /** What this request or job run belongs to; commands belong to nothing. Outgoing calls carry it on. */
  readonly trace?: TraceContext | undefined;
  /** The caller's network (/24 or /48), never a whole address. */
  readonly ipPrefix?: string | undefined;
}

/**
 * A Ctx outside any transaction. Whatever takes long asks for it (network, files, password hashes, images), so that it
 * does not compile between BEGIN and COMMIT.
 */
export interface OutsideCtx extends Ctx {
  readonly gateways: Gateways;
}

/** A Ctx whose `db` is one open transaction; what must be atomic asks for it. */
export interface TxCtx extends Ctx {
  readonly db: DbTransaction;
  /** Runs once the outermost transaction has committed; never if it rolled back. */
  readonly afterCommit: (effect: () => void) => void;
}

/** The same caller inside a transaction, without the gateways that the types hide there. */
export function insideTransaction(ctx: Ctx, open: Pick<TxCtx, 'db' | 'afterCommit'>): TxCtx {
  const { wallet } = ctx.gateways;
  const facts = wallet && { name: wallet.name, capabilities: wallet.capabilities };
  return { ...ctx, ...open, gateways: { wallet: facts } };
}

/** The context of jobs and commands: nobody's request. */
export function systemCtx(services: Services, requestId: string): OutsideCtx {
  return { ...services, actor: { kind: 'system' }, requestId };
}

/** What of the services differs for one request or job run: its jobs and statements belong to its trace. */
export function within(
  { trace, span }: Activity,
  { db, replica, jobs }: Services,
): Pick<Ctx, 'trace' | 'db' | 'replica' | 'jobs'> {
  const observed = (db: Db) =>
    span === undefined ? db : observeStatements(db, span.beginStatement);
  return {
    trace,
    db: observed(db),
    replica: replica && { ...replica, db: observed(replica.db) },
    jobs: jobsWithin(trace, jobs),
  };
}

/** The signed-in caller; routes with roles always have one. */
export function signedIn(ctx: Ctx): UserActor {
  if (ctx.actor.kind !== 'user') throw new Problem(UNAUTHENTICATED, 'Sign in first.');
  return ctx.actor;
}
