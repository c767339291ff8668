// Who the caller is, and what they may do.
import type { ProblemWords } from './words.ts';

export const ACCESS_WORDS: Readonly<Record<string, ProblemWords>> = {
  VALIDATION_ERROR: {
    what: 'The path, the query or the body of the request is not of the form that this operation takes.',
    why: 'Nothing is guessed or converted: a member that is unknown, missing, of another type or out of range is refused before anything is done.',
    remedy:
      'Read `errors`: each names the refused member as a JSON pointer and says what would be accepted. Correct them all and send the request again.',
    example: {
      detail: 'body/quantity must be a string: send "2.5" instead of 2.5.',
      instance: '/api/v1/cart/items',
      errors: [
        {
          pointer: '/quantity',
          message: 'must be a string: send "2.5" instead of 2.5',
          code: 'type',
        },
      ],
    },
  },
  UNAUTHENTICATED: {
    what: 'The request carries no access token, or one that this service has not signed.',
    why: 'The operation is only for people who are signed in.',
    remedy:
      'Sign in at `POST /auth/login` and send the header `Authorization: Bearer` with the `access` token of the answer.',
    example: { detail: 'Sign in first.', instance: '/api/v1/cart' },
  },
  TOKEN_EXPIRED: {
    what: 'The token was good once, and its time is over.',
    why: 'Access tokens live for 15 minutes, so that one that leaks is soon worth nothing.',
    remedy:
      'Send your `refresh` token to `POST /auth/login/refresh` and repeat the request with the new access token. Where the refresh token has ended too, sign in again.',
    example: {
      detail: 'Get a new token at POST /auth/login/refresh.',
      instance: '/api/v1/users/me',
    },
  },
  TOKEN_REVOKED: {
    what: 'The session behind this token has been ended.',
    why: 'Somebody signed out, changed the password or ended the session, or a refresh token was used twice, which means that it was copied.',
    remedy:
      'Sign in again at `POST /auth/login`. If you did not end the session yourself, change your password.',
    example: {
      detail: 'This session has ended: sign in again.',
      instance: '/api/v1/orders',
    },
  },
  FORBIDDEN: {
    what: 'You are signed in, and this operation is not open to you.',
    why: 'It is for another role, or your account or seller profile is not in the standing that it asks for. `detail` names which.',
    remedy: 'Do it with an account that may. `GET /auth/permissions` lists what yours can do.',
    example: { detail: 'This is for: seller, admin.', instance: '/api/v1/products' },
  },
  VERIFICATION_REQUIRED: {
    what: 'The account has confirmed neither an e-mail address nor a phone number.',
    why: 'Carts, orders and reviews are for people who can be reached.',
    remedy:
      'Ask for a code at `POST /auth/verify/email/request` or `POST /auth/verify/phone/request`, send it to `POST /auth/verify/email` or `POST /auth/verify/phone`, then repeat the request.',
    example: {
      detail: 'Confirm your e-mail address or phone number first: POST /auth/verify/email/request.',
      instance: '/api/v1/cart/items',
    },
  },
  MFA_REQUIRED: {
    what: 'A second factor is missing: with 401 its code in the sign-in, with 403 the factor itself.',
    why: 'The account has a second factor set up, or its role must have one.',
    remedy:
      'With 401, send `otp` with the sign-in. With 403, set a factor up at `POST /auth/mfa/totp/enroll`, confirm it at `POST /auth/mfa/totp/confirm` and sign in with it.',
    example: {
      detail: 'Send `otp` too: six digits of your authenticator app, or a recovery code.',
      instance: '/api/v1/auth/login',
    },
  },
  STEP_UP_REQUIRED: {
    what: 'You are signed in, and for this you have to prove once more who you are.',
    why: 'Addresses, passwords, second factors, sessions and accounts are changed only within five minutes of a proof, so that a stolen token takes nobody’s account.',
    remedy:
      'Send your password, and `otp` where a second factor is set up, to `POST /auth/step-up`, then repeat the request within five minutes.',
    example: {
      detail:
        'This needs a proof of who you are from the last five minutes: send your password, and a code where a second factor is set up, to POST /auth/step-up, then repeat the request.',
      instance: '/api/v1/users/me',
    },
  },
  INVALID_CREDENTIALS: {
    what: 'The password, the code or the pair of address and password is not right.',
    why: 'The answer is the same for an unknown address and for a wrong password, so that nobody learns who has an account.',
    remedy:
      'Check what you typed. A forgotten password is replaced at `POST /auth/password/forgot`.',
    example: {
      detail: 'E-mail address and password do not belong together.',
      instance: '/api/v1/auth/login',
    },
  },
  ACCOUNT_INACTIVE: {
    what: 'The password is right, and the account is closed.',
    why: 'An admin has closed it, or its owner has deleted it.',
    remedy: 'Ask support to open it again, with the `request_id` of the answer.',
    example: {
      detail: 'This account is closed: ask support to open it again.',
      instance: '/api/v1/auth/login',
    },
  },
};
