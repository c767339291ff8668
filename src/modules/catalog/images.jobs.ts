// Work on image files that nobody waits for.
import type { OutsideCtx } from '../../context.ts';
import { Closed, Id } from '../../http/schema.ts';
import { defineJob } from '../../jobs/define.ts';
import { makeImageSizes, removeImageFiles } from './image-files.service.ts';

const data = Closed({ image_id: Id });

export const makeImageSizesJob = defineJob(
  { name: 'catalog.make-image-sizes', data },
  (ctx: OutsideCtx, { image_id }) => makeImageSizes(ctx, image_id),
);

export const removeImageFilesJob = defineJob(
  { name: 'catalog.remove-image-files', data },
  (ctx: OutsideCtx, { image_id }) => removeImageFiles(ctx, image_id),
);
