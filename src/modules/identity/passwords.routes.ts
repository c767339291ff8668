// /auth/password: changing the one I know, replacing the one I lost.
import { OWN_ACCOUNT, SIGNED_OUT } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { Closed, Model } from '../../http/schema.ts';
import { SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { INVALID_CREDENTIALS } from './identity.errors.ts';
import { examples } from './identity.examples.ts';
import { accountOf } from './limit-subjects.ts';
import { changePassword, requestReset, resetPassword } from './passwords.service.ts';
import type { Tokens } from './tokens.ts';
import { Accepted, Code, Email, NewPassword, Password } from './users.views.ts';

const PasswordForgotten = Model(
  'PasswordForgotten',
  Closed({ user_email: Email }),
  examples.PasswordForgotten,
);
const PasswordReset = Model(
  'PasswordReset',
  Closed({ user_email: Email, code: Code, new_password: NewPassword }),
  examples.PasswordReset,
);
const PasswordChange = Model(
  'PasswordChange',
  Closed({ current_password: Password, new_password: NewPassword }),
  examples.PasswordChange,
);

export function passwordRoutes(tokens: Tokens): readonly AnyRoute[] {
  return [
    route({
      method: 'POST',
      path: '/auth/password/forgot',
      access: SIGNED_OUT,
      tag: 'Auth',
      summary: 'Ask for a code that resets a password',
      description: 'The answer is the same whether there is an account or not.',
      body: PasswordForgotten,
      status: 202,
      returns: Accepted,
      idempotency: 'none',
      limit: 'code',
      handle: async (ctx, { body }) => {
        await requestReset(ctx, body.user_email, tokens);
        return { message: 'If this address has an account, a code is on its way to it.' };
      },
    }),
    route({
      method: 'POST',
      path: '/auth/password/reset',
      access: SIGNED_OUT,
      tag: 'Auth',
      summary: 'Reset a password',
      description: 'Ends every session of the account.',
      body: PasswordReset,
      status: 204,
      problems: [SERVICE_UNAVAILABLE],
      idempotency: 'none',
      limit: 'login',
      limitSubject: accountOf,
      handle: (ctx, { body }) => resetPassword(ctx, body, tokens),
    }),
    route({
      method: 'POST',
      path: '/auth/password/change',
      access: OWN_ACCOUNT,
      stepUp: true,
      tag: 'Auth',
      summary: 'Change my password',
      description: 'Ends my other sessions.',
      body: PasswordChange,
      status: 204,
      problems: [INVALID_CREDENTIALS, SERVICE_UNAVAILABLE],
      idempotency: 'none',
      limit: 'password',
      handle: (ctx, { body }) =>
        changePassword(ctx, { current: body.current_password, next: body.new_password }),
    }),
  ];
}
