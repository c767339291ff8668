// Step-up: proving within a session that the person who signed in is still the one who uses it.
import { type OutsideCtx, STEP_UP_LIFETIME_MS, signedIn } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { plusMs } from '../../../lib/time.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { getProfile, lockCaller } from '../../users/profiles/profiles.service.ts';
import { wrongMember } from '../../users/users.errors.ts';
import { isPassword } from '../passwords/passwords.ts';
import { markSteppedUp } from '../sessions/sessions.queries.ts';
import { proveFactor, wrongOtp } from './mfa.service.ts';

/**
 * Marks the caller's session as freshly proven. The password is asked for even where there is a second factor, so that
 * whoever has no more than a token cannot spend the tries of the factor.
 * @returns until when the proof lasts
 * @throws Problem INVALID_CREDENTIALS, MFA_REQUIRED, RATE_LIMITED, SERVICE_UNAVAILABLE
 */
export async function stepUp(
  ctx: OutsideCtx,
  { password, otp }: { readonly password: string; readonly otp?: string },
): Promise<Date> {
  const { user_id, session_id } = signedIn(ctx);
  const known = await getProfile(ctx, user_id);
  if (!(await isPassword(ctx, password, known.password_hash))) throw wrongPassword();
  const now = ctx.clock.now();
  const isProven = await inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    if (user.password_hash !== known.password_hash) throw wrongPassword();
    if (!(await proveFactor(ctx, { user, otp }))) return false;
    await markSteppedUp(ctx.db, session_id, now);
    await recordAudit(ctx, {
      action: 'session.stepped_up',
      object_type: 'user',
      object_id: user_id,
    });
    return true;
  });
  if (!isProven) throw wrongOtp();
  return plusMs(now, STEP_UP_LIFETIME_MS);
}

function wrongPassword() {
  return wrongMember('/password', 'must be your password');
}
