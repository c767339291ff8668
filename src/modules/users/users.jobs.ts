// When identity forgets, each night.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { forgetOldCodes } from '../auth/codes/codes.service.ts';
import { forgetOldChanges } from './contacts/contacts.service.ts';
import { eraseDeletedUsers, forgetExpiredSessions } from './erasure/erasure.service.ts';

export const eraseUsersJob = defineJob(
  { name: 'identity.erase', data: NoData, every: { cron: '40 3 * * *' } },
  async (ctx: Ctx) => {
    await eraseDeletedUsers(ctx);
  },
);

export const forgetSessionsJob = defineJob(
  { name: 'identity.forget-sessions', data: NoData, every: { cron: '50 3 * * *' } },
  (ctx: Ctx) => forgetExpiredSessions(ctx),
);

export const forgetCodesJob = defineJob(
  { name: 'identity.forget-codes', data: NoData, every: { cron: '55 * * * *' } },
  async (ctx: Ctx) => {
    await forgetOldCodes(ctx);
    await forgetOldChanges(ctx);
  },
);
