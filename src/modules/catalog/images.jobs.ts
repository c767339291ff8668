// Work on image files that nobody waits for.
import type { Ctx } from '../../context.ts';
import { Closed, Id } from '../../http/schema.ts';
import { defineJob } from '../../jobs/define.ts';
import { makeImageSizes, removeImageFiles } from './image-files.service.ts';

const data = Closed({ image_id: Id });

export const makeImageSizesJob = defineJob(
  { name: 'catalog.make-image-sizes', data },
  (ctx: Ctx, { image_id }) => makeImageSizes(ctx, image_id),
);

export const removeImageFilesJob = defineJob(
  { name: 'catalog.remove-image-files', data },
  (ctx: Ctx, { image_id }) => removeImageFiles(ctx, image_id),
);
