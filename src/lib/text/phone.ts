// Reads Philippine phone numbers the ways people write them and gives each its one E.164 form.

// Only the full metadata distinguishes mobile numbers from landlines.
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

export type Phone = { e164: string; kind: 'mobile' | 'landline' };

const MAX_TEXT_LENGTH = 32;

/**
 * Accepts `09XXXXXXXXX`, `9XXXXXXXXX`, `639…` and `+639…`, landlines after `0`, `63` or `+63`, and
 * spaces, dashes and parentheses anywhere. Undefined for all else: foreign, toll-free or impossible
 * numbers, letters, extensions, several numbers in one text.
 */
export function parsePhone(text: string): Phone | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const digits = text.replace(/[\s()-]/g, '');
  // The prefix is decided here: the library alone takes a mistyped 639171234 for a landline in Iligan.
  const national = /^(?:\+?63|0|(?=9\d{9}$))([1-9]\d+)$/.exec(digits)?.[1];
  if (national === undefined) return undefined;

  const number = parsePhoneNumberFromString(`+63${national}`);
  const type = number?.getType();
  if (!number || (type !== 'MOBILE' && type !== 'FIXED_LINE')) return undefined;
  return { e164: number.number, kind: type === 'MOBILE' ? 'mobile' : 'landline' };
}
