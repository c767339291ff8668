// Names of users as strangers may see them.
import type { Ctx } from '../../../context.ts';
import { notFound } from '../../../lib/problem.ts';
import { findFullName } from './names.queries.ts';

/** First name and initial: `Maria S.` */
export function displayName(user: { first_name: string; last_name: string }): string {
  // By code point: half a surrogate pair is not a letter.
  const [initial = ''] = user.last_name;
  return `${user.first_name} ${initial.toUpperCase()}.`;
}

/** @throws Problem NOT_FOUND where the user was deleted meanwhile */
export async function getDisplayName(ctx: Ctx, user_id: string): Promise<string> {
  const user = await findFullName(ctx.db, user_id);
  if (user === undefined) throw notFound('user');
  return displayName(user);
}
