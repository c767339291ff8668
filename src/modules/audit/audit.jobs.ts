// When the audit log is sealed.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { sealEntries } from './seals.service.ts';

export const sealEntriesJob = defineJob(
  { name: 'audit.seal-entries', data: NoData, every: { seconds: 60 } },
  async (ctx: Ctx) => {
    await sealEntries(ctx);
  },
);
