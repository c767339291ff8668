// /auth/password: changing the one I know, replacing the one I lost.
import { Type } from 'typebox';
import { OWN_ACCOUNT, SIGNED_OUT } from '../../../http/access.ts';
import { type AnyRoute, route } from '../../../http/route.ts';
import { SERVICE_UNAVAILABLE } from '../../../lib/problem.ts';
import { Closed, Id, Model } from '../../../lib/schema.ts';
import { INVALID_CREDENTIALS } from '../../users/users.errors.ts';
import { examples } from '../../users/users.examples.ts';
import { Code, Email, NewPassword, Password } from '../../users/users.views.ts';
import { accountOf } from '../limit-subjects.ts';
import { changePassword, requestReset, resetPassword } from './passwords.service.ts';

const PasswordForgotten = Model(
  'PasswordForgotten',
  Closed({ user_email: Email }),
  examples.PasswordForgotten,
);
const PasswordReset = Model(
  'PasswordReset',
  Closed({
    user_email: Email,
    reset_id: { ...Id, description: '`reset_id` of POST /auth/password/forgot' },
    code: Code,
    new_password: NewPassword,
  }),
  examples.PasswordReset,
);
const ResetRequested = Model(
  'ResetRequested',
  Type.Object({
    message: Type.String(),
    reset_id: { ...Id, description: 'Send it back with the code' },
  }),
  examples.ResetRequested,
);
const PasswordChange = Model(
  'PasswordChange',
  Closed({ current_password: Password, new_password: NewPassword }),
  examples.PasswordChange,
);

export const passwordRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'requestPasswordReset',
    method: 'POST',
    path: '/auth/password/forgot',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Ask for a code that resets a password',
    description:
      'The answer is the same whether there is an account or not. The code goes to addresses that are confirmed or that support set, and works with the `reset_id` of this very answer: tries with others do not count against it.',
    body: PasswordForgotten,
    status: 202,
    returns: ResetRequested,
    idempotency: 'none',
    limit: 'code',
    handle: async (ctx, { body }) => {
      const reset_id = await requestReset(ctx, body.user_email);
      return {
        message: 'If an account confirmed this address, a code is on its way to it.',
        reset_id,
      };
    },
  }),
  route({
    operationId: 'resetPassword',
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
    handle: (ctx, { body }) => resetPassword(ctx, body),
  }),
  route({
    operationId: 'changePassword',
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
