// Text that people type, in the one form in which it is kept and compared, and what such text must not hold.

/** `line`: names and other single lines. `text`: may have line breaks and tabs. */
export type TextKind = 'line' | 'text';

/** Accents that one letter may carry; what piles up more covers the lines around it (UTS 39, 5.4). */
export const MAX_MARKS = 4;

/** Come along when text is copied, mean nothing here, and nobody sees them: soft hyphen, zero-width space, word joiner, BOM. */
const COPIED_ALONG = /[\u00ad\u200b\u2060\ufeff]/g;
const LINE_END = /\r\n?|[\u2028\u2029]/g;
const SPACES = /\p{Zs}+/gu;

/**
 * NFC without spaces around it and without what is merely copied along. In a line every run of spaces is one plain space;
 * in a text every line ends with `\n`. Broken surrogates stay as they are, for `textFault` to find.
 */
export function normalizeText(text: string, kind: TextKind): string {
  if (!text.isWellFormed()) return text;
  const composed = text.replace(COPIED_ALONG, '').normalize('NFC').trim();
  return kind === 'line' ? composed.replace(SPACES, ' ') : composed.replace(LINE_END, '\n');
}

/** Selectors of a glyph's variant count as marks; the two joiners belong to scripts and emoji. */
const INVISIBLE =
  /(?![\p{Variation_Selector}\u200c\u200d])[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;
/** A joiner that joins nothing: at an edge, beside a space, or beside another. */
const STRAY_JOINER = /(?:^|[\s\u200c\u200d])[\u200c\u200d]|[\u200c\u200d](?:\s|$)/;
const PILED_MARKS = new RegExp(`\\p{M}{${MAX_MARKS + 1},}`, 'u');

const FAULTS: Readonly<Record<TextKind, readonly (readonly [pattern: RegExp, fault: string])[]>> = {
  line: [
    [/[\p{Cc}\p{Zl}\p{Zp}]/u, 'must be one line without control characters'],
    ...faultsOfAny(),
  ],
  text: [[/(?![\n\t])\p{Cc}/u, 'must not hold control characters'], ...faultsOfAny()],
};

function faultsOfAny(): readonly (readonly [RegExp, string])[] {
  return [
    [/[\p{Co}\p{Noncharacter_Code_Point}]/u, 'must hold only characters that Unicode defines'],
    [INVISIBLE, 'must not hold invisible characters or ones that turn the direction of writing'],
    [STRAY_JOINER, 'must not hold invisible characters or ones that turn the direction of writing'],
    [PILED_MARKS, `must not pile more than ${MAX_MARKS} marks on one letter`],
    [/^[\s\p{M}]+$/u, 'must not be blank'],
  ];
}

/** What normalised text must be and is not; undefined where it is fine. Length is the schema's to check. */
export function textFault(text: string, kind: TextKind): string | undefined {
  if (!text.isWellFormed()) return 'must be well-formed Unicode, without half a surrogate pair';
  return FAULTS[kind].find(([pattern]) => pattern.test(text))?.[1];
}
