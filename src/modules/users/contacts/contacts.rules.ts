// Pure decisions about changed addresses: which column is meant, and until when a change can be undone.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUuid, newId } from '../../../lib/ids.ts';
import type { KeyRing } from '../../../lib/keys/key-ring.ts';
import { DAY_MS } from '../../../lib/time.ts';

export const CONTACTS = {
  email: {
    purpose: 'EMAIL',
    field: 'user_email',
    confirmed: 'email_verified_at',
    noun: 'e-mail address',
  },
  phone: {
    purpose: 'PHONE',
    field: 'user_phone',
    confirmed: 'phone_verified_at',
    noun: 'phone number',
  },
} as const;

export type Contact = keyof typeof CONTACTS;

/** From the confirmation on; a change that is still pending can be undone as long as it is. */
export const UNDO_LIFETIME_MS = 7 * DAY_MS;
const SIGNATURE_LENGTH = 22;
export const UNDO_TOKEN_PATTERN = `^[0-9a-f-]{36}\\.[A-Za-z0-9_-]{${SIGNATURE_LENGTH}}$`;

/** What decides about undoing a change. */
export interface ChangeState {
  readonly old_confirmed: boolean;
  readonly confirmed_at: Date | null;
  readonly closed_at: Date | null;
}

export function isUndoable(
  { old_confirmed, confirmed_at, closed_at }: ChangeState,
  now: Date,
): boolean {
  if (!old_confirmed || closed_at !== null) return false;
  return confirmed_at === null || now.getTime() - confirmed_at.getTime() < UNDO_LIFETIME_MS;
}

/** What undoes a change. Computed, not kept, so that no table or queue holds it. */
export function undoToken(key: Buffer, change_id: string): string {
  return `${change_id}.${signatureOf(key, change_id)}`;
}

/** The change that a token undoes; undefined for what is no token of ours. */
export function changeOfToken(keys: KeyRing<Buffer>, token: string): string | undefined {
  const [change_id = '', signature = ''] = token.split('.');
  if (!isUuid(change_id)) return undefined;
  const given = Buffer.from(signature);
  const isOurs = keys
    .map((key) => Buffer.from(signatureOf(key, change_id)))
    .some((right) => right.length === given.length && timingSafeEqual(right, given));
  return isOurs ? change_id : undefined;
}

function signatureOf(key: Buffer, change_id: string): string {
  return createHmac('sha256', key).update(change_id).digest('base64url').slice(0, SIGNATURE_LENGTH);
}

const RELEASED_DOMAIN = '@released.invalid';

/**
 * Stands for an address that was taken from an account: no mail can ever reach this domain. A new one each time, so that
 * nobody can hold it before it is needed.
 */
export function releasedEmail(): string {
  return `${newId()}${RELEASED_DOMAIN}`;
}

/** Whether an address is at the domain of the placeholders, where nobody may have one of their choice. */
export function isReleasedEmail(user_email: string): boolean {
  return user_email.trim().toLowerCase().endsWith(RELEASED_DOMAIN);
}

/**
 * Whether a code to the account's address proves its owner: somebody confirmed it, or an admin who knows the person set it
 * and answers for it.
 */
export function isTrustedEmail(user: {
  readonly email_verified_at: Date | null;
  readonly email_vouched_at: Date | null;
}): boolean {
  return user.email_verified_at !== null || user.email_vouched_at !== null;
}
