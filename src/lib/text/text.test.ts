import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MARKS, normalizeText, type TextKind, textFault } from './text.ts';

const kept = (text: string, kind: TextKind = 'line') => {
  const normal = normalizeText(text, kind);
  return textFault(normal, kind) ?? normal;
};

describe('a line', () => {
  it.each([
    ['as it is', 'Kamatis (Native), 1 kg', 'Kamatis (Native), 1 kg'],
    ['spaces around it', '  Kamatis\n', 'Kamatis'],
    ['spaces of any kind', 'Aling\u00a0 \u3000Nena', 'Aling Nena'],
    ['letters and accents apart', 'Pen\u0303afrancia', 'Peñafrancia'],
    ['what is copied along', '\ufeffKa\u00adma\u200btis\u2060', 'Kamatis'],
    ['an emoji family', '👩‍🌾 Nena', '👩‍🌾 Nena'],
    ['an emoji with a variant', '❤️', '❤️'],
    ['a joiner within a word', 'नमस्\u200dते', 'नमस्\u200dते'],
    ['Arabic', 'طماطم', 'طماطم'],
    [
      'marks up to the bound',
      `a${'\u0323'.repeat(MAX_MARKS)}`,
      `ạ${'\u0323'.repeat(MAX_MARKS - 1)}`,
    ],
    ['nothing but spaces, for the schema to refuse', ' \u3000 ', ''],
  ])('keeps %s', (_what, text, expected) => expect(kept(text)).toBe(expected));

  it.each([
    ['NUL', 'a\0b', /control/],
    ['a line break', 'Gulayan\nhttps://example.com', /one line/],
    ['a line separator', 'a\u2028b', /one line/],
    ['a tab', 'a\tb', /one line/],
    ['DEL and C1', 'a\u007f\u0085b', /control/],
    ['half a surrogate pair', 'a\ud800b', /surrogate/],
    ['a private character', 'a\ue000', /Unicode defines/],
    ['a noncharacter', 'a\uffff', /Unicode defines/],
    ['a direction override', 'gpj.\u202egnp', /direction/],
    ['an isolate', 'a\u2066b\u2069', /direction/],
    ['a direction mark', 'a\u200fb', /direction/],
    ['a tag character', 'a\u{e0041}', /invisible/],
    ['a filler that looks like nothing', '\u3164', /invisible/],
    ['a Braille blank', '\u2800', /invisible/],
    ['a joiner at an edge', 'Nena\u200d', /invisible/],
    ['two joiners', 'Ne\u200d\u200cna', /invisible/],
    ['a joiner beside a space', 'Aling \u200dNena', /invisible/],
    ['piled marks', `a${'\u0301\u0323'.repeat(4)}`, /pile/],
    ['marks and nothing below', '\u0301', /blank/],
  ])('refuses %s', (_what, text, fault) => expect(kept(text)).toMatch(fault));
});

describe('a text', () => {
  it.each([
    ['line breaks and tabs', 'one\n\n\ttwo', 'one\n\n\ttwo'],
    ['other systems’ line ends', 'one\r\ntwo\rthree\u2028four', 'one\ntwo\nthree\nfour'],
    ['nothing', '', ''],
  ])('keeps %s', (_what, text, expected) => expect(kept(text, 'text')).toBe(expected));

  it.each(['a\0b', 'a\u001b[31mb', 'a\u202eb', 'a\udc00'])('refuses %j', (text) => {
    expect(textFault(normalizeText(text, 'text'), 'text')).toMatch(/^must /);
  });
});

it('text that is accepted is already in its form', () => {
  const kinds = fc.constantFrom<TextKind>('line', 'text');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), kinds, (text, kind) => {
      const normal = normalizeText(text, kind);
      fc.pre(textFault(normal, kind) === undefined);
      expect(normalizeText(normal, kind)).toBe(normal);
      expect(normal).not.toMatch(/(?![\n\t])\p{Cc}/u);
    }),
    { numRuns: 2_000 },
  );
});
