// What a process does about its database before it works on it: in development everything, in production nothing.
import type { Config } from '../../config.ts';
import { DEMO_PEOPLE } from '../../lib/demo-market.ts';
import { CliError, EXIT } from '../../lib/exit.ts';
import { prepareDatabase } from '../../process/prepare.ts';
import { printProgress } from '../output.ts';
import type { DatabasePlace } from '../settings.ts';
import { lookAt, requireMigrated } from './migrated.ts';

/**
 * In development: migrates, and fills an embedded database that is empty with the demo data.
 * @throws CliError in production, where migrating is a step of the deployment, if it was left out
 */
export async function bringUpToDate(config: Config, database: DatabasePlace): Promise<void> {
  if (config.isProduction) return requireFitForProduction(database.url);
  const applied = await prepareDatabase(database.url);
  if (applied.length > 0) printProgress(`Applied ${applied.length} migrations`);
  if (database.embedded === undefined || !config.isDevelopment) return;
  const { plantDemoData } = await import('./seed.ts');
  await plantDemoData(database.url, config);
}

/** Demo users are known by their fixed ids: an address may be anybody's, who could then keep production from starting. */
async function requireFitForProduction(url: string): Promise<void> {
  await lookAt(url, async (client) => {
    await requireMigrated(client);
    const { rows } = await client.query<{ user_email: string }>(
      'SELECT user_email FROM users WHERE id = ANY ($1) AND is_active',
      [Object.values(DEMO_PEOPLE).map(({ id }) => id)],
    );
    if (rows.length > 0) {
      const emails = rows.map(({ user_email }) => user_email).join(', ');
      throw new CliError(
        `The database holds demo users, whose password everybody knows: ${emails}.`,
        EXIT.usage,
      );
    }
  });
}
