// Reviews: one per customer and product, by people who received it; its seller may answer.
import { invalidate, REVIEWS } from '../../cache/tags.ts';
import { type Ctx, signedIn, type TxCtx } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction, violatedConstraint } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { conflict, FORBIDDEN, notFound, Problem } from '../../lib/problem.ts';
import { changesBetween, recordAudit } from '../audit/audit.service.ts';
import { addProductRating } from '../catalog/categories/counters.service.ts';
import { hasReceivedProduct } from '../orders/reading/orders.service.ts';
import { getDisplayName } from '../users/profiles/names.service.ts';
import {
  eraseReviewers,
  findProductSeller,
  findReviewPage,
  insertReview,
  isProductVisible,
  lockReview,
  type ProductViewer,
  type ReviewRow,
  updateReview,
} from './reviews.queries.ts';

export type { ReviewRow } from './reviews.queries.ts';

export interface ReviewInput {
  readonly product_id: string;
  /** 1 to 5. */
  readonly rating: number;
  readonly comment: string;
}

/**
 * Reviews of a product, newest first.
 * @throws Problem NOT_FOUND where there is no such product on sale
 */
export async function listReviews(
  ctx: Ctx,
  product_id: string,
  page: PageRequest,
): Promise<Page<ReviewRow>> {
  const viewer = viewerOf(ctx);
  const found = await findReviewPage(ctx.db, viewer, { product_id, page });
  // Asked only where no review proves it, so that a list stays at two statements.
  if (found.rows.length === 0 && !(await isProductVisible(ctx.db, viewer, product_id)))
    throw notFound('product');
  return found;
}

/** @throws Problem NOT_FOUND, FORBIDDEN for those who have not received the product, CONFLICT for a second review */
export function writeReview(
  ctx: Ctx,
  { product_id, rating, comment }: ReviewInput,
): Promise<ReviewRow> {
  const { user_id } = signedIn(ctx);
  const now = ctx.clock.now();
  return inTransaction(ctx, async (ctx) => {
    await requirePurchase(ctx, user_id, product_id);
    const review = await insertReview(ctx.db, {
      id: newId(),
      product_id,
      user_id,
      reviewer_name: await getDisplayName(ctx, user_id),
      rating,
      comment,
      created_at: now,
      updated_at: now,
    }).catch(refuseSecondReview);
    invalidate(ctx, REVIEWS);
    await addProductRating(ctx, { product_id, rating_delta: rating, count_delta: 1 });
    await recordAudit(ctx, {
      action: 'review.written',
      object_type: 'review',
      object_id: review.id,
    });
    return review;
  });
}

/** @throws Problem NOT_FOUND, FORBIDDEN where it is another's */
export function changeReview(
  ctx: Ctx,
  id: string,
  changes: { rating?: number; comment?: string },
): Promise<ReviewRow> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const before = await getReview(ctx, id);
    if (before.user_id !== user_id) throw new Problem(FORBIDDEN, 'This is not your review.');
    const comment = changes.comment ?? before.comment;
    const review = await updateReview(ctx.db, id, {
      ...changes,
      comment,
      updated_at: ctx.clock.now(),
    });
    invalidate(ctx, REVIEWS);
    const { product_id } = review;
    await addProductRating(ctx, {
      product_id,
      rating_delta: review.rating - before.rating,
      count_delta: 0,
    });
    const changed = changesBetween(before, review, ['rating']);
    const personal = before.comment === review.comment ? [] : ['comment'];
    await recordAudit(ctx, {
      action: 'review.changed',
      object_type: 'review',
      object_id: id,
      changes: changed,
      personal,
    });
    return review;
  });
}

/** Takes a review away; its author may write another. @throws Problem NOT_FOUND, FORBIDDEN */
export function removeReview(ctx: Ctx, id: string): Promise<void> {
  const { user_id, role } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const review = await getReview(ctx, id);
    if (review.user_id !== user_id && role !== 'admin')
      throw new Problem(FORBIDDEN, 'This is not your review.');
    const { product_id, rating } = review;
    await updateReview(ctx.db, id, { deleted_at: ctx.clock.now(), updated_at: ctx.clock.now() });
    invalidate(ctx, REVIEWS);
    await addProductRating(ctx, { product_id, rating_delta: -rating, count_delta: -1 });
    await recordAudit(ctx, { action: 'review.removed', object_type: 'review', object_id: id });
  });
}

/** The seller's public answer; a second one takes the place of the first. @throws Problem NOT_FOUND, FORBIDDEN */
export function replyToReview(ctx: Ctx, id: string, reply: string): Promise<ReviewRow> {
  const { seller } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const review = await getReview(ctx, id);
    const product_seller_id = await findProductSeller(ctx.db, review.product_id);
    if (seller === undefined || seller.id !== product_seller_id) {
      throw new Problem(FORBIDDEN, 'Only the seller of this product can reply.');
    }
    const replied = await updateReview(ctx.db, id, {
      reply,
      replied_at: ctx.clock.now(),
    });
    invalidate(ctx, REVIEWS);
    await recordAudit(ctx, { action: 'review.replied', object_type: 'review', object_id: id });
    return replied;
  });
}

function viewerOf({ actor }: Ctx): ProductViewer {
  const user = actor.kind === 'user' ? actor : undefined;
  return { isAdmin: user?.role === 'admin', seller_id: user?.seller?.id };
}

async function getReview(ctx: TxCtx, id: string): Promise<ReviewRow> {
  const review = await lockReview(ctx.db, id);
  if (review === undefined) throw notFound('review');
  return review;
}

async function requirePurchase(ctx: TxCtx, user_id: string, product_id: string): Promise<void> {
  if (await hasReceivedProduct(ctx, { user_id, product_id })) return;
  if (!(await isProductVisible(ctx.db, viewerOf(ctx), product_id))) throw notFound('product');
  throw new Problem(FORBIDDEN, 'Only customers who have received this product can review it.');
}

function refuseSecondReview(error: unknown): never {
  if (violatedConstraint(error) !== 'reviews_one_per_customer_key') throw error;
  throw conflict(
    '/product_id',
    'You have reviewed this product already: change that review instead.',
  );
}

/** Reviews that one statement takes erased reviewers off. */
const ERASURE_BATCH = 500;

/** Follows the erasure of users: their reviews stay, without the name. */
export async function forgetErasedReviewers(ctx: Ctx): Promise<void> {
  let erased: number;
  do {
    erased = await inTransaction(ctx, async (ctx) => {
      invalidate(ctx, REVIEWS);
      return eraseReviewers(ctx.db, ERASURE_BATCH);
    });
  } while (erased === ERASURE_BATCH);
}
