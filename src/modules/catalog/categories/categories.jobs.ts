// After a category got another name: the listings of its products, whose search documents hold that name.
import { Type } from 'typebox';
import type { Ctx } from '../../../context.ts';
import { defineJob } from '../../../jobs/define.ts';
import { Id } from '../../../lib/schema.ts';
import { refreshListingsInGroups } from '../../listing/listing.service.ts';
import { findProductIdsInCategory } from '../products/products.queries.ts';

/** Products that are looked up at once. */
const BATCH = 500;

export const refreshCategoryListingsJob = defineJob(
  {
    name: 'catalog.refresh-category-listings',
    data: Type.Object({ category_id: Id }, { additionalProperties: false }),
  },
  async (ctx: Ctx, { category_id }) => {
    let after: string | undefined;
    do {
      const ids = await findProductIdsInCategory(ctx.db, category_id, { after, limit: BATCH });
      await refreshListingsInGroups(ctx, ids);
      after = ids.length < BATCH ? undefined : ids.at(-1);
    } while (after !== undefined);
  },
);
