// The job that notifies an old address of a change: the token that undoes it is made only when it is sent.
import { Type } from 'typebox';
import type { OutsideCtx } from '../../../context.ts';
import { defineJob } from '../../../jobs/define.ts';
import { Closed, OneOf } from '../../../lib/schema.ts';
import { sendChangeNotice } from './contact-undo.service.ts';

export const sendChangeNoticeJob = defineJob(
  {
    name: 'users.send-change-notice',
    data: Closed({
      change_id: Type.String({ maxLength: 36 }),
      event: OneOf('ContactChangeEvent', ['requested', 'confirmed']),
    }),
  },
  (ctx: OutsideCtx, { change_id, event }) => sendChangeNotice(ctx, change_id, event),
);
