// Security notices: users are notified of changes to their account, since somebody else may have made them.
import type { TxCtx } from '../../context.ts';
import { sendMessage } from '../notifications/notifications.service.ts';
import { type NoticeKind, noticeMessage } from './notices.messages.ts';
import type { UserRow } from './users.queries.ts';

/** Sent over every confirmed channel: whoever did it may read one of them. */
const TOLD_EVERYWHERE: readonly NoticeKind[] = ['mfa_cleared'];

/** By mail where the address is confirmed, else by SMS where the number is, else not at all. */
export async function notifyUser(ctx: TxCtx, user: UserRow, kind: NoticeKind): Promise<void> {
  const wording = noticeMessage(kind, user.language);
  if (user.email_verified_at !== null)
    await sendMessage(ctx, { channel: 'email', to: user.user_email, ...wording });
  const isTold = user.email_verified_at !== null && !TOLD_EVERYWHERE.includes(kind);
  if (!isTold && user.phone_verified_at !== null)
    await sendMessage(ctx, { channel: 'sms', to: user.user_phone, ...wording });
}
