// `seed`: fills an empty database with a believable market, large or small; `serve` plants the small one by itself.
import { openDatabase } from '../db/database.ts';
import { systemClock } from '../lib/time.ts';
import { prepareDatabase } from '../prepare.ts';
import {
  DatabaseNotEmptyError,
  isSeeded,
  type SeedOptions,
  type SeedSummary,
  type Size,
  seedDatabase,
} from '../seed/seed.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { print, startProgress } from './output.ts';
import { findDatabase, readConfig } from './settings.ts';

export const DEFAULT_SEED = 1;
const DEMO: SeedOptions = { size: 'small', seed: DEFAULT_SEED };
/** Progress in steps that a person can follow, and that do not fill a log. */
const SHOWN_STEPS = 10;

export async function seed(options: { size: Size; seed: number }): Promise<ExitCode> {
  const config = readConfig();
  if (config.isProduction) throw new CliError('Production is never seeded.', EXIT.usage);
  await using stack = new AsyncDisposableStack();
  const { url } = await findDatabase(stack, config);
  await prepareDatabase(url);
  const started_ms = performance.now();
  const { rows } = await fill(url, options).catch(explainNotEmpty);
  const total = Object.values(rows).reduce((sum, number) => sum + number, 0);
  const seconds = ((performance.now() - started_ms) / 1_000).toFixed(1);
  print(`wrote ${total.toLocaleString('en')} rows in ${seconds} s`);
  return EXIT.done;
}

/** The demo market, once: a database that holds anybody is left as it is. */
export async function plantDemoData(url: string): Promise<void> {
  await fill(url, DEMO, true).catch((error: unknown) => {
    // Another process was faster.
    if (!(error instanceof DatabaseNotEmptyError)) throw error;
  });
}

async function fill(url: string, options: SeedOptions, isOnce = false): Promise<SeedSummary> {
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  const progress = startProgress();
  try {
    if (isOnce && (await isSeeded(db))) return { rows: {} };
    const onProgress: NonNullable<SeedOptions['onProgress']> = ({ name, done, total }) => {
      const step = Math.max(1, Math.ceil(total / SHOWN_STEPS));
      const shown = done === total ? total : Math.floor(done / step) * step;
      progress.show(
        `Seeding ${name}: ${shown.toLocaleString('en')} of ${total.toLocaleString('en')}`,
      );
    };
    return await seedDatabase({ db, clock: systemClock }, { ...options, onProgress });
  } finally {
    progress.end();
    await db.destroy();
  }
}

function explainNotEmpty(error: unknown): never {
  if (error instanceof DatabaseNotEmptyError) throw new CliError(error.message, EXIT.failed);
  throw error;
}
