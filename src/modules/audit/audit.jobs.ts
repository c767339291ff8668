// When the audit log is sealed, and when its months get their partitions.
import type { Ctx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { makeAuditPartitions } from './retention/retention.service.ts';
import { sealEntries } from './seals/seals.service.ts';

export const sealEntriesJob = defineJob(
  { name: 'audit.seal-entries', data: NoData, every: { seconds: 60 } },
  async (ctx: Ctx) => {
    await sealEntries(ctx);
  },
);

/** Three months ahead: there is time to fix this before a row has no partition of its own. */
export const makePartitionsJob = defineJob(
  { name: 'audit.make-partitions', data: NoData, every: { seconds: 3_600 } },
  (ctx: Ctx) => makeAuditPartitions(ctx),
);
