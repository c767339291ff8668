// The context of a command that changes accounts: nobody's request, over a database that is brought up to date first.
import type { Config } from '../../config.ts';
import { type OutsideCtx, systemCtx } from '../../context.ts';
import { newId } from '../../lib/ids.ts';
import { openServices } from '../../process/services.ts';
import { bringUpToDate } from '../database/prepare.ts';
import { findDatabase, openLog } from '../settings.ts';

/** `stack` closes what it opens. @throws CliError where there is no database to be had */
export async function openAccountCtx(
  stack: AsyncDisposableStack,
  config: Config,
): Promise<OutsideCtx> {
  const database = await findDatabase(stack, config);
  await bringUpToDate(config, database);
  const log = openLog(config);
  const { services } = await openServices(stack, { config, url: database.url, log });
  return systemCtx(services, newId());
}
