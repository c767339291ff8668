// The job behind a forgotten password: the request itself must not know whether there is an account.
import { Type } from 'typebox';
import type { Ctx } from '../../context.ts';
import { Closed } from '../../http/schema.ts';
import { defineJob } from '../../jobs/define.ts';
import { sendResetCode } from './codes.service.ts';

const ResetCode = Closed({
  user_email: Type.String({ maxLength: 254 }),
  code: Type.String({ maxLength: 6 }),
  code_hash: Type.String({ maxLength: 64 }),
});

export const sendResetCodeJob = defineJob(
  { name: 'identity.send-reset-code', data: ResetCode },
  (ctx: Ctx, { code_hash, ...reset }) =>
    sendResetCode(ctx, { ...reset, code_hash: Buffer.from(code_hash, 'base64url') }),
);
