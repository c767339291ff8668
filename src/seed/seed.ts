// Fills an empty database with a believable Philippine market: the same one for the same seed and moment.
import { sql } from 'kysely';
import type { Db, DbTransaction } from '../db/database.ts';
import { insertTogether, type RowsByTable } from '../db/insert-together.ts';
import type { Clock } from '../lib/time.ts';
import { loadAreas } from './areas.ts';
import { seedCategories } from './categories.ts';
import { seedOrders } from './orders/orders.ts';
import { seedPeople } from './people.ts';
import { seedProducts } from './products.ts';
import { seedPromos } from './promos.ts';
import { createRandom } from './random.ts';
import { type Progress, type Seeding, SIZES, type Size } from './seeding.ts';
import { seedSocial } from './social.ts';
import { sumUp } from './totals.ts';

export type { Progress, Size } from './seeding.ts';

export interface SeedOptions {
  readonly size: Size;
  /** The same number makes the same market. */
  readonly seed: number;
  readonly onProgress?: (step: Progress) => void;
}

/** Rows written, by table. */
export interface SeedSummary {
  readonly rows: Readonly<Record<string, number>>;
}

export class DatabaseNotEmptyError extends Error {
  override readonly name = 'DatabaseNotEmptyError';
}

const SEED_LOCK = 7_305_802;

/** Whether there is any user. */
export async function isSeeded(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/**
 * Writes everything in one transaction, so that a seed that is broken off leaves nothing behind.
 * `now` is the day on which the market stands; the clock's without it.
 * @throws DatabaseNotEmptyError where there is any user
 */
export function seedDatabase(
  deps: { db: Db; clock: Clock; now?: Date },
  options: SeedOptions,
): Promise<SeedSummary> {
  return deps.db.transaction().execute(async (db) => {
    await sql`SELECT pg_advisory_xact_lock(${SEED_LOCK})`.execute(db);
    if (await isSeeded(db)) {
      throw new DatabaseNotEmptyError(
        'This database holds users already: only an empty one can be seeded.',
      );
    }
    // At each statement instead of all at the end: a million checks at commit would outlast its timeout.
    await sql`SET CONSTRAINTS ALL IMMEDIATE`.execute(db);
    const { write, written } = createWriter(db);
    await seedMarket({
      db,
      now: deps.now ?? deps.clock.now(),
      random: createRandom(options.seed),
      plan: SIZES[options.size],
      write,
      written,
      report: options.onProgress ?? (() => {}),
    });
    return { rows: written };
  });
}

async function seedMarket(seeding: Seeding): Promise<void> {
  const areas = await loadAreas(seeding.db);
  const people = await seedPeople(seeding, areas);
  const categories = await seedCategories(seeding);
  const catalog = await seedProducts(seeding, { sellers: people.sellers, categories });
  await seedPromos(seeding, catalog.sold);
  await seedOrders(seeding, people, catalog.sold);
  await seedSocial(seeding, people, catalog.sold);
  await sumUp(seeding, { sellers: people.sellers, catalog });
}

function createWriter(db: DbTransaction) {
  const written: Record<string, number> = {};
  const write = async (some: RowsByTable): Promise<void> => {
    await insertTogether(db, some);
    for (const [table, list] of Object.entries(some))
      written[table] = (written[table] ?? 0) + list.length;
  };
  return { write, written };
}
