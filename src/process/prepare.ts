// Brings a database up to this checkout: migrations, reference data and queues, under one lock.
import { openDatabase } from '../db/database.ts';
import { migrate } from '../db/migrations/migrate.ts';
import { loadReferenceData } from '../db/migrations/reference.ts';
import { migrateJobs } from '../jobs/queues/migrate.ts';
import { allJobs } from './all-jobs.ts';

/** @returns names of the migrations that were applied */
export function prepareDatabase(url: string): Promise<string[]> {
  return migrate(url, async () => {
    const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
    try {
      await loadReferenceData(db);
    } finally {
      await db.destroy();
    }
    await migrateJobs(url, allJobs);
  });
}
