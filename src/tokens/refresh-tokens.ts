// The form of refresh tokens: `<session>.<256 random bits>.<MAC>`. Only its hash is stored, and only the stored hash makes it
// good. The MAC distinguishes ours from forged ones without a statement, so that quotas can count by session.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../lib/keys/key-ring.ts';

const SECRET_BYTES = 32;
const MAC_BYTES = 16;
const FORM = /^(?<payload>(?<session_id>[0-9a-f-]{36})\.[\w-]{43})\.(?<mac>[\w-]{22})$/;

export function signRefreshToken(key: Buffer, session_id: string): string {
  const payload = `${session_id}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return `${payload}.${macOf(key, payload).toString('base64url')}`;
}

/** @returns undefined where none of `keys` made the token */
export function sessionOfRefreshToken(keys: KeyRing<Buffer>, refresh: string): string | undefined {
  const { payload, session_id, mac } = FORM.exec(refresh)?.groups ?? {};
  if (payload === undefined || session_id === undefined || mac === undefined) return undefined;
  const given = Buffer.from(mac, 'base64url');
  const isOurs = keys.some((key) => timingSafeEqual(macOf(key, payload), given));
  return isOurs ? session_id : undefined;
}

function macOf(key: Buffer, payload: string): Buffer {
  return createHmac('sha256', key).update(payload).digest().subarray(0, MAC_BYTES);
}
