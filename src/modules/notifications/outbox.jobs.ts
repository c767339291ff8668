// When the outbox is emptied and when it forgets.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { dispatchEvents, forgetDispatchedEvents } from './outbox.service.ts';

export const dispatchEventsJob = defineJob(
  { name: 'notifications.dispatch-events', data: NoData, every: { seconds: 1 } },
  async (ctx: Ctx) => {
    await dispatchEvents(ctx);
  },
);

export const forgetDispatchedEventsJob = defineJob(
  { name: 'notifications.forget-dispatched-events', data: NoData, every: { cron: '20 3 * * *' } },
  (ctx: Ctx) => forgetDispatchedEvents(ctx),
);
