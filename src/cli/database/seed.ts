// `seed`: fills an empty database with a believable market, large or small; `serve` plants the small one by itself.
import type { Config } from '../../config.ts';
import { openDatabase } from '../../db/database.ts';
import { createStorage } from '../../gateways/storage/create-storage.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { systemClock } from '../../lib/time.ts';
import { prepareDatabase } from '../../process/prepare.ts';
import { addPictures } from '../../seed/pictures.ts';
import {
  DatabaseNotEmptyError,
  isSeeded,
  SEED_TIMEOUT_MS,
  type SeedOptions,
  type SeedSummary,
  type Size,
  seedDatabase,
} from '../../seed/seed.ts';
import { print, startProgress } from '../output.ts';
import { findDatabase, readConfig } from '../settings.ts';

export const DEFAULT_SEED = 1;
/** Larger markets are for measuring, and tens of thousands of files for nobody. */
const PICTURED_SIZE: Size = 'small';
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
  const { rows } = await fill(url, options, config).catch(explainNotEmpty);
  const total = Object.values(rows).reduce((sum, number) => sum + number, 0);
  const seconds = ((performance.now() - started_ms) / 1_000).toFixed(1);
  print(`wrote ${total.toLocaleString('en')} rows in ${seconds} s`);
  return EXIT.done;
}

/** The demo market, once: a database that holds anybody is left as it is. */
export async function plantDemoData(url: string, config: Config): Promise<void> {
  await fill(url, { ...DEMO, isOnce: true }, config).catch((error: unknown) => {
    // Another process was faster.
    if (!(error instanceof DatabaseNotEmptyError)) throw error;
  });
}

async function fill(
  url: string,
  { isOnce = false, ...options }: SeedOptions & { readonly isOnce?: boolean },
  config: Config,
): Promise<SeedSummary> {
  const { db } = openDatabase({
    url,
    poolSize: 1,
    statementTimeout_ms: SEED_TIMEOUT_MS,
    onError: () => {},
  });
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
    const { rows } = await seedDatabase({ db, clock: systemClock }, { ...options, onProgress });
    if (options.size !== PICTURED_SIZE) return { rows };
    // Whoever needs them again can seed again: waiting for the disk would double a first start.
    const storage = createStorage(config, { isDurable: false });
    const pictures = await addPictures({ db, storage });
    return { rows: { ...rows, product_images: pictures } };
  } finally {
    progress.end();
    await db.destroy();
  }
}

function explainNotEmpty(error: unknown): never {
  if (error instanceof DatabaseNotEmptyError) throw new CliError(error.message, EXIT.failed);
  throw error;
}
