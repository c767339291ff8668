// For tests: a pool over a database of their own.
import { createTestDatabase } from '../../test/support/database.ts';
import { type Db, openDatabase } from '../db/database.ts';

export interface ScratchDatabase {
  readonly db: Db;
  /** Closes the pool and removes the database. */
  drop(): Promise<void>;
}

export async function createScratchDatabase(poolSize: number): Promise<ScratchDatabase> {
  const database = await createTestDatabase();
  const onError = (error: Error) => {
    throw error;
  };
  const { db } = openDatabase({ url: database.url, poolSize, onError });
  const drop = async () => {
    await db.destroy();
    await database.drop();
  };
  return { db, drop };
}
