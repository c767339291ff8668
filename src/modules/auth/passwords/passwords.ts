// Password hashes: argon2id, a bounded number at a time, so that sign-ins cannot starve other requests.
import { hash, verify } from '@node-rs/argon2';
import type { OutsideCtx } from '../../../context.ts';
import { createLimiter } from '../../../lib/flow/limiter.ts';
import { Problem, SERVICE_UNAVAILABLE } from '../../../lib/problem.ts';

/** 32 MiB and two passes take about 15 ms; the accepted floor is 19 MiB. The library's default variant is argon2id. */
export const PASSWORD_COST = { memoryCost: 32 * 1024, timeCost: 2, parallelism: 1 } as const;
/** Half of libuv's threads: files and DNS need the others. */
const CONCURRENCY = 2;
/** About half a second of waiting. */
const MAX_WAITING = 64;

const hashing = createLimiter({
  concurrency: CONCURRENCY,
  maxWaiting: MAX_WAITING,
  onFull: () =>
    new Problem(
      SERVICE_UNAVAILABLE,
      'Too many people are signing in at this moment. Try again shortly.',
    ),
});

/** @throws Problem SERVICE_UNAVAILABLE where too many wait already */
export function hashPassword(_ctx: OutsideCtx, password: string): Promise<string> {
  return hashing.run(() => hash(password, PASSWORD_COST));
}

/**
 * Whether the password is the one that was hashed. Without a hash the answer is no, after the same work, so that
 * nobody learns from the time whether there is an account.
 * @throws Problem SERVICE_UNAVAILABLE where too many wait already
 */
export function isPassword(
  _ctx: OutsideCtx,
  password: string,
  password_hash: string | undefined,
): Promise<boolean> {
  return hashing.run(async () => {
    if (password_hash !== undefined) return verify(password_hash, password);
    await hash(password, PASSWORD_COST);
    return false;
  });
}
