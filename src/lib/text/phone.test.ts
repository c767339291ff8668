import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePhone } from './phone.ts';

describe('parsePhone', () => {
  it.each([
    '09171234567',
    '9171234567',
    '639171234567',
    '+639171234567',
    '0917 123 4567',
    '0917-123-4567',
    '(0917) 123-4567',
    ' +63 917 123 4567 ',
    '+63 (917) 123-4567',
    '63-917-1234567',
    '+63\u00a0917\u00a01234567',
  ])('reads %j as the one mobile number', (text) => {
    expect(parsePhone(text)).toEqual({ e164: '+639171234567', kind: 'mobile' });
  });

  it.each([
    ['(02) 8123-4567', '+63281234567'],
    ['0281234567', '+63281234567'],
    ['+63 2 8123 4567', '+63281234567'],
    ['63281234567', '+63281234567'],
    ['(032) 234-5678', '+63322345678'],
    ['+63 82 234 5678', '+63822345678'],
  ])('reads %j as the landline %s', (text, e164) => {
    expect(parsePhone(text)).toEqual({ e164, kind: 'landline' });
  });

  it.each([
    ['a foreign number', '+12025550123'],
    ['a foreign number that begins like a local one', '+94712345678'],
    ['a foreign number without its plus', '442079460958'],
    ['letters', '0917CALLNOW'],
    ['letters around a number', 'call 09171234567'],
    ['an extension', '09171234567 x12'],
    ['two numbers', '09171234567 09181234567'],
    ['two plus signs', '++639171234567'],
    ['a plus sign inside', '63+9171234567'],
    ['a plus before a local number', '+09171234567'],
    ['a mobile number one digit short', '0917123456'],
    ['a short mobile number that would be a landline', '639171234'],
    ['a mobile number one digit long', '091712345678'],
    ['an unassigned prefix', '09001234567'],
    ['a landline without its area code', '8123-4567'],
    ['a landline without a trunk prefix', '281234567'],
    ['a toll-free number', '1800 1888 1234'],
    ['an emergency number', '911'],
    ['digits of another script', '٠٩١٧١٢٣٤٥٦٧'],
    ['NUL', '0917\u00001234567'],
    ['nothing', ''],
    ['only separators', ' (-) '],
    ['padding beyond the limit', `09171234567${' '.repeat(30)}`],
  ])('refuses %s', (_what, text) => {
    expect(parsePhone(text)).toBeUndefined();
  });

  it('reads its own answer back unchanged, whatever was typed', () => {
    const typed = fc.oneof(
      fc.stringMatching(/^(\+63|63|0|)9\d{2}[ -]?\d{3}[ -]?\d{4}$/),
      fc.string({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(typed, (text) => {
        const phone = parsePhone(text);
        if (phone) expect(parsePhone(phone.e164)).toEqual(phone);
      }),
    );
  });
});
