// Work on image files that nobody waits for.
import type { OutsideCtx } from '../../../context.ts';
import { defineJob, NoData } from '../../../jobs/define.ts';
import { Closed, Id } from '../../../lib/schema.ts';
import { makeImageSizes, removeImageFiles } from './image-files.service.ts';
import { sweepImageFiles } from './image-sweep.service.ts';

const data = Closed({ image_id: Id });

export const makeImageSizesJob = defineJob(
  { name: 'catalog.make-image-sizes', data },
  (ctx: OutsideCtx, { image_id }) => makeImageSizes(ctx, image_id),
);

export const removeImageFilesJob = defineJob(
  { name: 'catalog.remove-image-files', data },
  (ctx: OutsideCtx, { image_id }) => removeImageFiles(ctx, image_id),
);

/** A thousand files a request, or more: a million are listed within the hour. */
export const sweepImageFilesJob = defineJob(
  {
    name: 'catalog.sweep-image-files',
    data: NoData,
    every: { cron: '20 4 * * *' },
    expireSeconds: 3_600,
  },
  (ctx: OutsideCtx) => sweepImageFiles(ctx),
);
