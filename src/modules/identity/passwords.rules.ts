// Which passwords are accepted: long enough, not a common one, not the user's own names in disguise.
import { isCommonPassword } from '../../lib/common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 128;
/** Shorter names occur in any text by chance. */
const MIN_NAME_LENGTH = 3;
/** Letters that a password must have beside the user's names. */
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
  if (isMadeOfNames(password, names)) return 'must not be made of your own names';
  return undefined;
}

function isMadeOfNames(password: string, names: OwnNames): boolean {
  const letters = lettersOf(password);
  const own = [
    names.user_name,
    names.user_email.split('@', 1)[0] ?? '',
    names.first_name,
    names.last_name,
  ]
    .map(lettersOf)
    .filter((name) => name.length >= MIN_NAME_LENGTH)
    .sort((a, b) => b.length - a.length);
  const others = own.reduce((rest, name) => rest.replaceAll(name, ''), letters);
  return others.length < letters.length && others.length < MIN_OTHER_LETTERS;
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}]/gu, '');
}
