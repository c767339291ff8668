// Files that belong to no image: what a process leaves behind that dies between keeping a file and its row, or between a
// row and its file. They cost room and nothing else, so that there is time to be careful.
import type { OutsideCtx } from '../../../context.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import { findExistingImages } from './images.queries.ts';
import { imageIdOf } from './images.rules.ts';

/** An upload is over within minutes. A week is for whoever restored the wrong backup: its images are still there. */
export const MIN_ORPHAN_AGE_MS = 7 * DAY_MS;
/** Keys that are looked up together. */
const BATCH = 1_000;
/** Of one run; the next takes the others. */
const MAX_SWEPT = 10_000;
/** So many may always go. */
export const ALWAYS_SWEPT = 100;
/** More of all files than this belong to no image only where database and storage belong to different deployments. */
const MAX_SHARE = 0.1;

/** Removes them, unless there are too many to be believed: then it logs that, and keeps all. */
export async function sweepImageFiles(ctx: OutsideCtx): Promise<void> {
  const { storage } = ctx.gateways;
  const before = plusMs(ctx.clock.now(), -MIN_ORPHAN_AGE_MS);
  await storage.removeUnfinished(before);
  const { files, orphans, orphanKeys } = await findOrphans(ctx, before);
  if (orphans > Math.max(ALWAYS_SWEPT, files * MAX_SHARE)) {
    ctx.log.error({ files, orphans }, 'too many files without an image: none was removed');
    return;
  }
  for (const key of orphanKeys) await storage.remove(key);
  if (orphans > 0) ctx.log.info({ files, removed: orphanKeys.length }, 'files without an image');
}

async function findOrphans(ctx: OutsideCtx, before: Date) {
  const orphanKeys: string[] = [];
  let files = 0;
  let orphans = 0;
  let batch: { key: string; image_id: string }[] = [];
  const judge = async (): Promise<void> => {
    const ids = [...new Set(batch.map(({ image_id }) => image_id))];
    const existing = new Set(await findExistingImages(ctx.db, ids));
    const found = batch.filter(({ image_id }) => !existing.has(image_id));
    orphans += found.length;
    orphanKeys.push(...found.map(({ key }) => key).slice(0, MAX_SWEPT - orphanKeys.length));
    batch = [];
  };
  for await (const { key, changed_at } of ctx.gateways.storage.list()) {
    files += 1;
    const image_id = imageIdOf(key);
    if (image_id !== undefined && changed_at < before) batch.push({ key, image_id });
    if (batch.length === BATCH) await judge();
  }
  await judge();
  return { files, orphans, orphanKeys };
}
