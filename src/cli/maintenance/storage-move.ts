// `storage move`: copies every upload from one storage to the other, beside servers that go on. Whatever broke off before is
// finished by running it again.
import { openStorage, type StorageName } from '../../gateways/storage/create-storage.ts';
import { type MoveTally, moveFiles } from '../../gateways/storage/move-files.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { print, printError, startProgress } from '../output.ts';
import { readConfig } from '../settings.ts';

export interface StorageMoveOptions {
  readonly from: StorageName;
  readonly to: StorageName;
  /** Whether files are removed from where they came once they are seen to lie where they should. */
  readonly remove?: boolean;
}

/** More than these are counted, but not named. */
const MAX_NAMED = 20;
const BYTES_PER_MB = 1_000_000;

export async function moveStorage({
  from,
  to,
  remove = false,
}: StorageMoveOptions): Promise<ExitCode> {
  if (from === to) throw new CliError('--from and --to must differ.', EXIT.usage);
  const config = readConfig();
  const isInUse = config.STORAGE === to;
  if (remove && !isInUse)
    throw new CliError(
      `--remove takes files from ${from}, which is in use: set STORAGE=${to} and start all processes anew first.`,
      EXIT.usage,
    );
  const progress = startProgress();
  const tally = await moveFiles({
    from: openStorage(config, from),
    to: openStorage(config, to),
    isTargetInUse: isInUse,
    removeMoved: remove,
    onProgress: (so_far) => progress.show(describe(so_far)),
  }).finally(() => progress.end());
  for (const line of tally.differing.slice(0, MAX_NAMED))
    printError(`${line} is another file in ${to}, which is in use: neither was touched`);
  const unnamed = tally.differing.length - MAX_NAMED;
  if (unnamed > 0) printError(`nor were ${unnamed} more`);
  print(describe(tally));
  if (!isInUse)
    print(`STORAGE is still ${config.STORAGE}: what is uploaded from now on is not in ${to}`);
  return tally.differing.length === 0 ? EXIT.done : EXIT.failed;
}

function describe({ files, copied, present, removed, copied_bytes }: MoveTally): string {
  const count = (number: number) => number.toLocaleString('en');
  const megabytes = count(Math.round(copied_bytes / BYTES_PER_MB));
  return `${count(files)} files: ${count(copied)} copied (${megabytes} MB), ${count(present)} there already, ${count(removed)} removed`;
}
