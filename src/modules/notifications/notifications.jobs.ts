// The job that hands mail and SMS to their gateways.
import { Type } from 'typebox';
import type { OutsideCtx } from '../../context.ts';
import { defineJob } from '../../jobs/define.ts';
import { Closed, type Infer, OneOf } from '../../lib/schema.ts';

const Outgoing = Closed({
  channel: OneOf('MessageChannel', ['email', 'sms']),
  /** E-mail address or E.164 phone number. */
  to: Type.String({ minLength: 1, maxLength: 320 }),
  subject: Type.String({ maxLength: 200 }),
  text: Type.String({ minLength: 1, maxLength: 10_000 }),
});

export type OutgoingMessage = Readonly<Infer<typeof Outgoing>>;

/** At least once: a gateway that took the message but could not say so gets it again. */
export const sendMessageJob = defineJob(
  { name: 'notifications.send-message', data: Outgoing },
  async (ctx: OutsideCtx, { channel, ...message }) => {
    const gateway = channel === 'email' ? ctx.gateways.mail : ctx.gateways.sms;
    await gateway.send(message, ctx.trace);
  },
);
