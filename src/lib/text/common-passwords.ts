// Tells passwords that attackers try first, from a list that is read when first asked.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LIST_FILE = join(import.meta.dirname, 'common-passwords.txt');

const LEET_LETTERS: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

let commonPasswords: Set<string> | undefined;

/**
 * True for a listed password in any case, also with digits and signs appended (`dragon2026!`) or in
 * place of letters (`p@ssw0rd`), and for one to four characters repeated (`12341234`).
 */
export function isCommonPassword(password: string): boolean {
  commonPasswords ??= readCommonPasswords();
  const listed = commonPasswords;
  const whole = password.toLowerCase();
  const stem = whole.replace(/[^\p{L}]+$/u, '');
  const variants = [whole, stem, spellOut(whole), spellOut(stem)];
  return isRepetition(whole) || variants.some((variant) => listed.has(variant));
}

function readCommonPasswords(): Set<string> {
  const lines = readFileSync(LIST_FILE, 'utf8').trimEnd().split('\n');
  return new Set(lines.filter((line) => !line.startsWith('#')));
}

function spellOut(text: string): string {
  return text.replace(/[@431$057]/g, (sign) => LEET_LETTERS[sign] ?? sign);
}

function isRepetition(text: string): boolean {
  return /^(.{1,4})\1+$/su.test(text);
}
