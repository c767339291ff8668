// Reviews of a product, and what their authors and its seller do with them.
import { Type } from 'typebox';
import { REVIEWS, singleProductTags } from '../../cache/tags.ts';
import { mapPage } from '../../db/paging/paging.ts';
import {
  ANYONE,
  CUSTOMER_OR_SELLER,
  SELLER,
  SIGNED_IN,
  VERIFIED_CUSTOMER,
} from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { CONFLICT, FORBIDDEN, NOT_FOUND } from '../../lib/problem.ts';
import {
  Closed,
  Id,
  IdParams,
  type Infer,
  Model,
  Nullable,
  Patch,
  Text,
  Timestamp,
} from '../../lib/schema.ts';
import { examples } from './reviews.examples.ts';
import * as reviews from './reviews.service.ts';

const MAX_TEXT_LENGTH = 2_000;

const ReviewFields = {
  rating: Type.Integer({ minimum: 1, maximum: 5 }),
  comment: Text(MAX_TEXT_LENGTH, { examples: ['Sweet and still fresh after four days.'] }),
};
const NewReview = Model(
  'NewReview',
  Closed({ product_id: Id, ...ReviewFields }),
  examples.NewReview,
);
const ReviewPatch = Model('ReviewPatch', Patch(Closed(ReviewFields)), examples.ReviewPatch);
const ReviewReply = Model(
  'ReviewReply',
  Closed({ reply: Text(MAX_TEXT_LENGTH, { examples: ['Salamat po!'] }) }),
  examples.ReviewReply,
);

const Review = Model(
  'Review',
  Type.Object({
    id: Id,
    product_id: Id,
    reviewer_name: Type.String({
      description: 'As it was when the review was written',
      examples: ['Maria S.'],
    }),
    rating: Type.Integer(),
    comment: Type.String(),
    reply: Nullable(Type.String({ description: "The seller's answer" })),
    replied_at: Nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Review,
);

export const reviewRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listReviews',
    path: '/products/:id/reviews',
    access: ANYONE,
    tag: 'Reviews',
    summary: 'List reviews of a product',
    description: 'Newest first.',
    params: IdParams,
    item: Review,
    cache: 'public',
    tags: ({ id }) => [REVIEWS, ...singleProductTags(id)],
    list: async (ctx, { params, page }) =>
      mapPage(await reviews.listReviews(ctx, params.id, page), reviewView),
  }),
  route({
    operationId: 'createReview',
    method: 'POST',
    path: '/reviews',
    access: VERIFIED_CUSTOMER,
    tag: 'Reviews',
    summary: 'Review a product',
    description: 'For customers who have received the product; one review each.',
    body: NewReview,
    status: 201,
    returns: Review,
    problems: [NOT_FOUND, CONFLICT],
    handle: async (ctx, { body }) => reviewView(await reviews.writeReview(ctx, body)),
  }),
  route({
    operationId: 'updateReview',
    method: 'PATCH',
    path: '/reviews/:id',
    access: CUSTOMER_OR_SELLER,
    tag: 'Reviews',
    summary: 'Change your review',
    params: IdParams,
    body: ReviewPatch,
    status: 200,
    returns: Review,
    handle: async (ctx, { params, body }) =>
      reviewView(await reviews.changeReview(ctx, params.id, body)),
  }),
  route({
    operationId: 'deleteReview',
    method: 'DELETE',
    path: '/reviews/:id',
    access: SIGNED_IN,
    tag: 'Reviews',
    summary: 'Remove a review',
    description: 'Its author or an admin; the author may write another.',
    params: IdParams,
    status: 204,
    problems: [FORBIDDEN],
    handle: (ctx, { params }) => reviews.removeReview(ctx, params.id),
  }),
  route({
    operationId: 'replyToReview',
    method: 'POST',
    path: '/reviews/:id/reply',
    access: SELLER,
    tag: 'Reviews',
    summary: 'Reply to a review',
    description: 'The seller of the product; a second reply takes the place of the first.',
    params: IdParams,
    body: ReviewReply,
    status: 200,
    returns: Review,
    handle: async (ctx, { params, body }) =>
      reviewView(await reviews.replyToReview(ctx, params.id, body.reply)),
  }),
];

function reviewView(row: reviews.ReviewRow): Infer<typeof Review> {
  return {
    id: row.id,
    product_id: row.product_id,
    reviewer_name: row.reviewer_name,
    rating: row.rating,
    comment: row.comment,
    reply: row.reply,
    replied_at: row.replied_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
