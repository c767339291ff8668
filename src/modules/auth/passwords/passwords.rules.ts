// Which passwords are accepted: long enough, not a common one, not made of the user's own names or of the market's.
import { isCommonPassword } from '../../../lib/text/common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 128;
/** Shorter names occur in any text by chance. */
const MIN_NAME_LENGTH = 3;
/** What an attacker would try first on this market: its name, and what is sold and done on it. */
export const CONTEXT_WORDS = ['freshbytes', 'fresh', 'bytes', 'gulay', 'prutas', 'palengke'];
/** Letters that a password must have beside the user's names and those words. */
const MIN_OTHER_LETTERS = 4;

export interface OwnNames {
  readonly user_name: string;
  readonly user_email: string;
  readonly first_name: string;
  readonly last_name: string;
}

/** What a new password must be but is not; undefined where it is fine. The schema has checked its length. */
export function passwordFault(password: string, names: OwnNames): string | undefined {
  if (isCommonPassword(password)) return 'must not be one of the passwords that are tried first';
  if (isMadeOf(password, ownNames(names))) return 'must not be made of your own names';
  if (isMadeOf(password, CONTEXT_WORDS))
    return `must not be made of words such as ${CONTEXT_WORDS.join(', ')}`;
  return undefined;
}

function ownNames({ user_name, user_email, first_name, last_name }: OwnNames): string[] {
  return [user_name, user_email.split('@', 1)[0] ?? '', first_name, last_name];
}

function isMadeOf(password: string, words: readonly string[]): boolean {
  const letters = lettersOf(password);
  const longestFirst = words
    .map(lettersOf)
    .filter((word) => word.length >= MIN_NAME_LENGTH)
    .sort((a, b) => b.length - a.length);
  const others = longestFirst.reduce((rest, word) => rest.replaceAll(word, ''), letters);
  return others.length < letters.length && others.length < MIN_OTHER_LETTERS;
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}]/gu, '');
}
