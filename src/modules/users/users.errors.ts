// Ways in which signing in and proving who one is are refused.
import { CONFLICT, invalidField, kind, Problem } from '../../lib/problem.ts';

export const INVALID_CREDENTIALS = kind('INVALID_CREDENTIALS', 401, 'The sign-in was not accepted');
export const ACCOUNT_INACTIVE = kind('ACCOUNT_INACTIVE', 403, 'The account is not active');

/** The same words whether the account exists or not. */
export function wrongCredentials(): Problem {
  return new Problem(INVALID_CREDENTIALS, 'E-mail address and password do not belong together.');
}

export function wrongMember(pointer: string, message: string): Problem {
  return new Problem(INVALID_CREDENTIALS, message, {
    errors: [{ pointer, message, code: 'wrong' }],
  });
}

export function wrongCode(): Problem {
  return invalidField(
    '/code',
    'must be the newest code that was sent, within 10 minutes and 5 tries',
    'wrong',
  );
}

export function lastAdmin(): Problem {
  return new Problem(CONFLICT, 'This is the last active admin: make another user an admin first.');
}

export function hasSellerProfile(): Problem {
  return new Problem(
    CONFLICT,
    'The user has a seller profile: remove it first, at DELETE /sellers/{id}.',
  );
}
