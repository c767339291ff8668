// A database as an earlier version left it.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIGRATIONS_DIR, migrate, readMigrations } from './migrate.ts';

/** Applies the migrations whose numbers come before this one, such as `0014`. */
export async function migrateBefore(url: string, number: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-migrations-'));
  for (const migration of await readMigrations())
    if (migration.name < number)
      await cp(join(MIGRATIONS_DIR, migration.name), join(folder, migration.name));
  await migrate(url, async () => {}, folder);
  await rm(folder, { recursive: true });
}
