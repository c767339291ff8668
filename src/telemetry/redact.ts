// What may not be logged, by name of field, at any depth.
import { SETTINGS } from '../config.ts';
import { describeError } from './errors/describe-error.ts';

export const REDACTED = '[redacted]';
export const MAX_DEPTH = 6;
export const MAX_ITEMS = 100;

/** `code` is here as the one-time code of a message; a problem's code is logged as `problem_code`. */
const SENSITIVE_FIELDS = `
  authorization cookie set_cookie password new_password current_password password_hash
  access refresh token access_token refresh_token token_hash secret app_secret mfa_secret api_key apikey private_key access_key_id secret_access_key
  code otp otpauth_url code_hash recovery_codes checkout_url return_url cancel_url parameters body
  email phone pending_email pending_phone reset_id claim_id user_email user_phone user_name business_phone first_name last_name
  rider_name account_name account_number account_last4 account_ends_with csv explanation
  recipient recipient_name recipient_phone reviewer_name target to text subject user_agent
  label street landmark zip_code barangay barangay_code shipping_address note notes comment reply search
  ip remote_address
`
  .trim()
  .split(/\s+/);

const SECRET_SETTINGS = SETTINGS.filter(({ secret }) => secret).map(({ name }) =>
  name.toLowerCase(),
);

/** Each name as it stands, as a header and in camel case, all in lower case. */
const SENSITIVE: ReadonlySet<string> = new Set(
  [...SENSITIVE_FIELDS, ...SECRET_SETTINGS].flatMap((name) => [
    name,
    name.replaceAll('_', '-'),
    name.replaceAll('_', ''),
  ]),
);

/**
 * A copy of plain data without sensitive values. Errors become descriptions; instances of classes, which may
 * hold anything, only their names.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return describeError(value);
  if (depth === MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  if (!isPlain(value)) return `[${value.constructor.name}]`;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).slice(0, MAX_ITEMS)) {
    copy[key] = isSensitive(key)
      ? REDACTED
      : redact((value as Record<string, unknown>)[key], depth + 1);
  }
  return copy;
}

function isSensitive(key: string): boolean {
  return SENSITIVE.has(key.toLowerCase());
}

/** Object literals, and the prototype-less objects of query string parsers. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
