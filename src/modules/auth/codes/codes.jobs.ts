// The job that sends one-time codes: it is given the id of one, and makes the code itself only when it sends it.
import { Type } from 'typebox';
import type { OutsideCtx } from '../../../context.ts';
import { defineJob } from '../../../jobs/define.ts';
import { Closed } from '../../../lib/schema.ts';
import { sendCode } from './code-delivery.service.ts';

/** What waits longer than a code lives is of no use. */
const RETRY_LIMIT = 6;

export const sendCodeJob = defineJob(
  {
    name: 'auth.send-code',
    data: Closed({ code_id: Type.String({ maxLength: 36 }) }),
    retryLimit: RETRY_LIMIT,
  },
  (ctx: OutsideCtx, { code_id }) => sendCode(ctx, code_id),
);
