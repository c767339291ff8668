// Scheduled removal of erased accounts, ended sessions and expired codes.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { forgetOldCodes } from '../auth/codes/codes.service.ts';
import { forgetOldChanges } from './contacts/contacts.service.ts';
import { eraseDeletedUsers, forgetExpiredSessions } from './erasure/erasure.service.ts';

export const eraseUsersJob = defineJob(
  { name: 'users.erase', data: NoData, every: { cron: '40 3 * * *' } },
  async (ctx: Ctx) => {
    await eraseDeletedUsers(ctx);
  },
);

export const forgetSessionsJob = defineJob(
  { name: 'auth.forget-sessions', data: NoData, every: { cron: '50 3 * * *' } },
  (ctx: Ctx) => forgetExpiredSessions(ctx),
);

export const forgetCodesJob = defineJob(
  { name: 'auth.forget-codes', data: NoData, every: { cron: '55 * * * *' } },
  async (ctx: Ctx) => {
    await forgetOldCodes(ctx);
    await forgetOldChanges(ctx);
  },
);
