// /sellers: profiles that everybody sees, applied for by customers, kept by their owners, moved by admins.
import { Type } from 'typebox';
import { PRODUCT_COUNTS, SELLERS } from '../../cache/tags.ts';
import { mapPage } from '../../db/paging/paging.ts';
import {
  ADMIN,
  ANYONE,
  CUSTOMER_OR_SELLER,
  SELLER_OR_ADMIN,
  VERIFIED_CUSTOMER,
} from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { CONFLICT, OPEN_ORDERS, STALE_VERSION } from '../../lib/problem.ts';
import {
  Closed,
  Description,
  Id,
  IdParams,
  type Infer,
  Line,
  Model,
  Nullable,
  OneOf,
  Patch,
  Timestamp,
} from '../../lib/schema.ts';
import { decideName, type NameDecision } from './names/names.service.ts';
import { SELLER_TRANSITION } from './sellers.errors.ts';
import { examples } from './sellers.examples.ts';
import { averageRating, type SellerAction } from './sellers.rules.ts';
import * as sellers from './sellers.service.ts';
import { setCashCollector } from './standing/cash-collector.service.ts';
import { moveSeller, removeSeller } from './standing/standing.service.ts';

const STATUSES = ['PENDING', 'VERIFIED', 'SUSPENDED'] as const;

const SellerFields = {
  business_name: Line(120, { examples: ['Aling Nena Gulayan'] }),
  business_phone: Line(32, { examples: ['09171234567'] }),
  description: Type.Optional(Description(2_000)),
  street: Line(200, { examples: ['Km. 5'] }),
  barangay_code: Type.String({
    pattern: '^\\d{10}$',
    description: 'a 10-digit PSGC code',
    examples: ['1401110003'],
  }),
  zip_code: Type.Optional(
    Type.String({ pattern: '^\\d{4}$', description: 'four digits', examples: ['2601'] }),
  ),
};
const SellerApplication = Model(
  'SellerApplication',
  Closed({ ...SellerFields, terms_accepted: Type.Literal(true) }),
  examples.SellerApplication,
);
const SellerPatch = Model('SellerPatch', Patch(Closed(SellerFields)), examples.SellerPatch);

const CashCollector = OneOf('CashCollector', ['SELLER', 'RIDER'], {
  description: 'Who takes the cash of cash orders at the door',
});
const CashCollectorInput = Model(
  'CashCollectorInput',
  Closed({ cash_collector: CashCollector }),
  examples.CashCollectorInput,
);

const PublicSeller = Model(
  'PublicSeller',
  Type.Object({
    id: Id,
    business_name: Type.String(),
    slug: Type.String(),
    description: Nullable(Type.String()),
    barangay_code: Type.String(),
    status: OneOf('SellerStatus', STATUSES),
    rating: Nullable(Type.Number({ description: 'Average of all reviews, 1 to 5' })),
    review_count: Type.Integer(),
    product_count: Type.Integer(),
    follower_count: Type.Integer(),
    created_at: Timestamp,
  }),
  examples.PublicSeller,
);
const Seller = Model(
  'Seller',
  Type.Object({
    ...PublicSeller.properties,
    user_id: Id,
    requested_name: Nullable(
      Type.String({ description: 'New name that waits for an admin; customers see the old one' }),
    ),
    business_phone: Type.String(),
    street: Type.String(),
    zip_code: Nullable(Type.String()),
    cash_collector: CashCollector,
    version: Type.Integer(),
    updated_at: Timestamp,
  }),
  examples.Seller,
);

export const sellerRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'applyAsSeller',
    method: 'POST',
    path: '/sellers',
    access: VERIFIED_CUSTOMER,
    tag: 'Sellers',
    summary: 'Apply as a seller',
    description:
      'You may prepare products, lots and promos at once; they are on sale when an admin has verified you. Whoever removed a suspended profile begins suspended. No two sellers have names that look alike.',
    body: SellerApplication,
    status: 201,
    returns: Seller,
    problems: [CONFLICT],
    handle: async (ctx, { body: { terms_accepted: _accepted, ...input } }) =>
      ownView(await sellers.applyAsSeller(ctx, input)),
  }),
  listRoute({
    operationId: 'listSellers',
    path: '/sellers',
    access: ANYONE,
    tag: 'Sellers',
    summary: 'List sellers',
    description: 'Verified sellers, newest first; admins see every status.',
    query: Type.Object({
      search: Type.Optional(Line(100, { description: 'Part of a name' })),
      status: Type.Optional(
        OneOf('SellerStatus', STATUSES, { description: 'For admins; others see VERIFIED only' }),
      ),
      name_requested: Type.Optional(
        Type.Boolean({
          description: 'For admins; whether a new name waits for a decision. Others see all',
        }),
      ),
    }),
    item: PublicSeller,
    cache: 'public',
    tags: () => [SELLERS, PRODUCT_COUNTS],
    list: async (ctx, { query, page }) =>
      mapPage(await sellers.listSellers(ctx, query, page), publicView),
  }),
  route({
    operationId: 'getSeller',
    method: 'GET',
    path: '/sellers/:id',
    access: ANYONE,
    tag: 'Sellers',
    summary: 'Get a seller',
    description: 'Its owner and admins see the contact fields too.',
    params: IdParams,
    status: 200,
    returns: Type.Union([Seller, PublicSeller], { title: 'SellerDetail' }),
    cache: 'public',
    tags: () => [SELLERS, PRODUCT_COUNTS],
    handle: async (ctx, { params }) => {
      const seller = await sellers.getSeller(ctx, params.id);
      return sellers.mayManage(ctx, seller.id) ? ownView(seller) : publicView(seller);
    },
  }),
  route({
    operationId: 'updateSeller',
    method: 'PATCH',
    path: '/sellers/:id',
    access: SELLER_OR_ADMIN,
    tag: 'Sellers',
    summary: 'Change a seller',
    description:
      'A new `business_name` that a verified seller gives waits as `requested_name` until an admin approves it; sending the present name withdraws it.',
    params: IdParams,
    body: SellerPatch,
    status: 200,
    returns: Seller,
    problems: [CONFLICT, STALE_VERSION],
    handle: async (ctx, { params, body, expected }) =>
      ownView(await sellers.changeSeller(ctx, { id: params.id, changes: body, expected })),
  }),
  route({
    operationId: 'deleteSeller',
    method: 'DELETE',
    path: '/sellers/:id',
    access: SELLER_OR_ADMIN,
    tag: 'Sellers',
    summary: 'Remove a seller',
    description: 'Once no seller order is open. A suspension outlives the profile.',
    params: IdParams,
    status: 204,
    problems: [OPEN_ORDERS, STALE_VERSION],
    handle: (ctx, { params, expected }) => removeSeller(ctx, params.id, expected),
  }),
  route({
    operationId: 'setCashCollector',
    method: 'PUT',
    path: '/sellers/:id/cash-collector',
    access: ADMIN,
    tag: 'Sellers',
    summary: 'Set who takes the cash of cash orders',
    description:
      "The seller, or the platform's rider. Orders keep what was set when they were placed.",
    params: IdParams,
    body: CashCollectorInput,
    status: 200,
    returns: Seller,
    handle: async (ctx, { params, body }) =>
      ownView(await setCashCollector(ctx, params.id, body.cash_collector)),
  }),
  transition('verify', 'verifySeller', 'Verify a seller'),
  transition('suspend', 'suspendSeller', 'Suspend a seller'),
  transition('reinstate', 'reinstateSeller', 'Reinstate a suspended seller'),
  nameDecision('approve', 'approveSellerName', 'Approve a new name'),
  nameDecision('refuse', 'refuseSellerName', 'Refuse a new name'),
  route({
    operationId: 'followSeller',
    method: 'PUT',
    path: '/sellers/:id/follow',
    access: CUSTOMER_OR_SELLER,
    tag: 'Sellers',
    summary: 'Follow a seller',
    params: IdParams,
    status: 204,
    handle: (ctx, { params }) => sellers.followSeller(ctx, params.id),
  }),
  route({
    operationId: 'unfollowSeller',
    method: 'DELETE',
    path: '/sellers/:id/follow',
    access: CUSTOMER_OR_SELLER,
    tag: 'Sellers',
    summary: 'Stop following a seller',
    params: IdParams,
    status: 204,
    handle: (ctx, { params }) => sellers.unfollowSeller(ctx, params.id),
  }),
];

function transition(action: SellerAction, operationId: string, summary: string): AnyRoute {
  return route({
    operationId,
    method: 'POST',
    path: `/sellers/:id/${action}`,
    access: ADMIN,
    tag: 'Sellers',
    summary,
    params: IdParams,
    status: 200,
    returns: Seller,
    problems: [SELLER_TRANSITION],
    handle: async (ctx, { params }) => ownView(await moveSeller(ctx, params.id, action)),
  });
}

function nameDecision(decision: NameDecision, operationId: string, summary: string): AnyRoute {
  return route({
    operationId,
    method: 'POST',
    path: `/sellers/:id/name/${decision}`,
    access: ADMIN,
    tag: 'Sellers',
    summary,
    description: 'Of the `requested_name` of a verified seller, who is notified.',
    params: IdParams,
    status: 200,
    returns: Seller,
    problems: decision === 'approve' ? [CONFLICT, SELLER_TRANSITION] : [SELLER_TRANSITION],
    handle: async (ctx, { params }) => ownView(await decideName(ctx, params.id, decision)),
  });
}

function publicView(row: sellers.SellerRow): Infer<typeof PublicSeller> {
  return {
    id: row.id,
    business_name: row.business_name,
    slug: row.slug,
    description: row.description,
    barangay_code: row.barangay_code,
    status: row.status as Infer<typeof PublicSeller>['status'],
    rating: averageRating(row.rating_sum, row.review_count),
    review_count: row.review_count,
    product_count: row.is_selling ? row.product_count : 0,
    follower_count: row.follower_count,
    created_at: row.created_at.toISOString(),
  };
}

function ownView(row: sellers.SellerRow): Infer<typeof Seller> {
  return {
    ...publicView(row),
    user_id: row.user_id,
    requested_name: row.requested_name,
    business_phone: row.business_phone,
    street: row.street,
    zip_code: row.zip_code,
    cash_collector: row.cash_collector,
    version: row.version,
    updated_at: row.updated_at.toISOString(),
  };
}
