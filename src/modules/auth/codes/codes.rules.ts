// Pure decisions about one-time codes: what a code is, and how many may be sent.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../../config.ts';
import type { KeyRing } from '../../../lib/keys/key-ring.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../lib/time.ts';
import type { CodePurpose, CodeRow, IssuedCounts } from './codes.queries.ts';

const CODE_DIGITS = 6;
/** Of the HMAC: so many that no code is noticeably likelier than another. */
const USED_BYTES = 6;
export const CODE_LIFETIME_MS = 10 * MINUTE_MS;
export const MAX_CODE_ATTEMPTS = 5;

type CodeName = Pick<CodeRow, 'id' | 'purpose' | 'target'>;

/** The six digits of a code. Computed, not kept: neither a table nor a queue holds what would open an account. */
export function codeOf(key: Buffer, { id, purpose, target }: CodeName): string {
  const digest = createHmac('sha256', key)
    .update(`${purpose}:${id}:${target.toLowerCase()}`)
    .digest();
  const number = digest.readUIntBE(0, USED_BYTES) % 10 ** CODE_DIGITS;
  return String(number).padStart(CODE_DIGITS, '0');
}

/** Whether `code` is what one of the keys makes: while secrets rotate there are two. */
export function isCode(keys: KeyRing<Buffer>, name: CodeName, code: string): boolean {
  const given = Buffer.from(code);
  return keys
    .map((key) => Buffer.from(codeOf(key, name)))
    .some((right) => right.length === given.length && timingSafeEqual(right, given));
}

export function channelOf(purpose: CodePurpose): 'email' | 'sms' {
  return purpose === 'PHONE' ? 'sms' : 'email';
}

/** A cap that is reached: for whom, and how long until it may be otherwise. */
export interface ReachedCap {
  readonly reason: string;
  readonly wait_ms: number;
}

/** Which cap stands against one more code; undefined where none does. */
export function reachedCap(
  config: Config,
  purpose: CodePurpose,
  counts: IssuedCounts,
): ReachedCap | undefined {
  const place = channelOf(purpose) === 'sms' ? 'this number' : 'this address';
  const caps: readonly [number, number, ReachedCap][] = [
    [
      counts.network_hour,
      config.CODES_PER_NETWORK_HOUR,
      { reason: 'codes were sent to you', wait_ms: HOUR_MS },
    ],
    [
      Math.max(counts.target_hour, counts.others_hour),
      config.CODES_PER_ADDRESS_HOUR,
      { reason: `codes were sent to ${place}`, wait_ms: HOUR_MS },
    ],
    [
      Math.max(counts.target_day, counts.others_day),
      config.CODES_PER_ADDRESS_DAY,
      { reason: `codes were sent to ${place} today`, wait_ms: DAY_MS },
    ],
    [
      counts.account_day,
      config.CODES_PER_ACCOUNT_DAY,
      { reason: 'codes were sent to you today', wait_ms: DAY_MS },
    ],
    [
      counts.sms_day,
      config.SMS_CODES_PER_DAY,
      { reason: 'codes were sent by SMS today; your e-mail address will do', wait_ms: DAY_MS },
    ],
  ];
  return caps.find(([count, cap]) => count >= cap)?.[2];
}
