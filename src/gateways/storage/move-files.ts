// Copies all files from one storage to another while both are in use. A file counts as copied once the other storage reports
// the same SHA-256 of it; running it again finds what is left.
import { isProblem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { SECOND_MS } from '../../lib/time.ts';
import { digestOf, type FileStorage } from './storage.ts';

/** Files under way at once. */
const PARALLEL = 8;
/** Files between two reports of progress. */
const PROGRESS_STEP = 500;
/** A storage that is away for less than this holds the work up, and does not end it. */
const MAX_TRIES = 20;
const RETRY_DELAY_MS = 3 * SECOND_MS;

export interface MoveTally {
  /** All that were found. */
  readonly files: number;
  readonly copied: number;
  readonly copied_bytes: number;
  /** Those that lay there before. */
  readonly present: number;
  /** From where they came. */
  readonly removed: number;
  /** Keys under which another file lies, which was left alone. */
  readonly differing: readonly string[];
}

export interface MoveOptions {
  readonly from: FileStorage;
  readonly to: FileStorage;
  /** Then what lies there is the newer one; else `from` is in use, and right where the two differ. */
  readonly isTargetInUse: boolean;
  readonly removeMoved: boolean;
  readonly onProgress: (tally: MoveTally) => void;
  readonly retryDelay_ms?: number;
}

/** @throws Error where either storage stays away, or has other content than was put */
export async function moveFiles(options: MoveOptions): Promise<MoveTally> {
  const { from, onProgress, retryDelay_ms = RETRY_DELAY_MS } = options;
  const tally = {
    files: 0,
    copied: 0,
    copied_bytes: 0,
    present: 0,
    removed: 0,
    differing: [] as string[],
  };
  const files = from.list()[Symbol.asyncIterator]();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    while (!hasFailed) {
      // Generators answer in turn, so that several may ask at once.
      const { done, value: file } = await files.next();
      if (done === true) return;
      tally.files += 1;
      const { outcome, isRemoved } = await patiently(
        () => moveFile(options, file.key),
        retryDelay_ms,
      ).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
      if (outcome === 'differing') tally.differing.push(file.key);
      else if (outcome !== 'gone') tally[outcome] += 1;
      if (outcome === 'copied') tally.copied_bytes += file.size_bytes;
      if (isRemoved) tally.removed += 1;
      if (tally.files % PROGRESS_STEP === 0) onProgress(tally);
    }
  };
  // Nothing continues after the caller got the error.
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, work));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return tally;
}

interface Moved {
  readonly outcome: 'copied' | 'present' | 'differing' | 'gone';
  readonly isRemoved: boolean;
}

async function moveFile(
  { from, to, isTargetInUse, removeMoved }: MoveOptions,
  key: string,
): Promise<Moved> {
  const content = await from.get(key);
  // Removed since it was listed.
  if (content === undefined) return { outcome: 'gone', isRemoved: false };
  const digest = digestOf(content);
  const present = await to.digest(key);
  if (present !== digest) {
    if (present !== undefined && isTargetInUse) return { outcome: 'differing', isRemoved: false };
    await to.put(key, content);
    const arrived = await to.digest(key);
    if (arrived !== digest) throw new Error(`${key} is not in its new place as it was put there`);
  }
  if (removeMoved) await from.remove(key);
  return { outcome: present === digest ? 'present' : 'copied', isRemoved: removeMoved };
}

/** Tries again while a storage is only away. */
async function patiently<T>(work: () => Promise<T>, delay_ms: number): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isProblem(error, SERVICE_UNAVAILABLE) || tries === MAX_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay_ms));
    }
  }
}
