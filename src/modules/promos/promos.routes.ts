// /promos: price reductions, read by everybody while they run, kept by the sellers whose products they are on.
import { Type } from 'typebox';
import { PROMOS, SELLERS } from '../../cache/tags.ts';
import { mapPage } from '../../db/paging/paging.ts';
import { ANYONE, SELLER_OR_ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { formatMoney } from '../../lib/money.ts';
import { LIMIT_REACHED, STALE_VERSION } from '../../lib/problem.ts';
import {
  Closed,
  Description,
  Id,
  IdParams,
  type Infer,
  Line,
  Model,
  Moment,
  Nullable,
  OneOf,
  Patch,
  Price,
  Timestamp,
} from '../../lib/schema.ts';
import { examples } from './promos.examples.ts';
import { DISCOUNT_TYPES, PROMO_STATUSES, statusAt } from './promos.rules.ts';
import * as promos from './promos.service.ts';

const MAX_PROMO_PRODUCTS = 500;

const PromoFields = {
  name: Line(120, { examples: ['Tomato week'] }),
  description: Type.Optional(Description(2_000)),
  discount_type: OneOf('DiscountType', DISCOUNT_TYPES),
  discount_value: Price,
  starts_at: Moment,
  ends_at: Moment,
  product_ids: Type.Array(Id, { minItems: 1, maxItems: MAX_PROMO_PRODUCTS, uniqueItems: true }),
  is_active: Type.Optional(Type.Boolean()),
};
const NewPromo = Model('NewPromo', Closed(PromoFields), examples.NewPromo);
const PromoPatch = Model('PromoPatch', Patch(Closed(PromoFields)), examples.PromoPatch);

const Promo = Model(
  'Promo',
  Type.Object({
    id: Id,
    seller_id: Id,
    name: Type.String(),
    description: Nullable(Type.String()),
    discount_type: OneOf('DiscountType', DISCOUNT_TYPES),
    discount_value: Type.String({
      description: 'Pesos off the unit price, or percent; two places',
      examples: ['15.00'],
    }),
    starts_at: Timestamp,
    ends_at: Timestamp,
    product_ids: Type.Array(Id),
    is_active: Type.Boolean(),
    status: OneOf('PromoStatus', PROMO_STATUSES),
    version: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Promo,
);

export const promoRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listPromos',
    path: '/promos',
    access: ANYONE,
    tag: 'Promos',
    summary: 'List promos',
    description:
      'Promos that run now, newest first; sellers see all of their own too, admins see every promo.',
    query: Type.Object({
      status: Type.Optional(
        OneOf('PromoStatus', PROMO_STATUSES, { description: 'Where the promo stands now' }),
      ),
      seller: Type.Optional(Id),
    }),
    item: Promo,
    cache: 'public',
    tags: () => [PROMOS, SELLERS],
    list: async (ctx, { query, page }) =>
      mapPage(await promos.listPromos(ctx, query, page), promoViewAt(ctx.clock.now())),
  }),
  route({
    operationId: 'getPromo',
    method: 'GET',
    path: '/promos/:id',
    access: ANYONE,
    tag: 'Promos',
    summary: 'Get a promo',
    params: IdParams,
    status: 200,
    returns: Promo,
    cache: 'public',
    tags: () => [PROMOS, SELLERS],
    handle: async (ctx, { params }) =>
      promoViewAt(ctx.clock.now())(await promos.getPromo(ctx, params.id)),
  }),
  route({
    operationId: 'createPromo',
    method: 'POST',
    path: '/promos',
    access: SELLER_OR_ADMIN,
    tag: 'Promos',
    summary: 'Create a promo',
    description:
      '`discount_value` is pesos off the unit price, or percent, 1 to 100. All products are of one seller: the caller, unless an admin calls.',
    body: NewPromo,
    status: 201,
    returns: Promo,
    problems: [LIMIT_REACHED],
    handle: async (ctx, { body }) =>
      promoViewAt(ctx.clock.now())(await promos.createPromo(ctx, body)),
  }),
  route({
    operationId: 'updatePromo',
    method: 'PATCH',
    path: '/promos/:id',
    access: SELLER_OR_ADMIN,
    tag: 'Promos',
    summary: 'Change a promo',
    params: IdParams,
    body: PromoPatch,
    status: 200,
    returns: Promo,
    problems: [LIMIT_REACHED, STALE_VERSION],
    handle: async (ctx, { params, body, expected }) =>
      promoViewAt(ctx.clock.now())(
        await promos.changePromo(ctx, { id: params.id, changes: body, expected }),
      ),
  }),
  route({
    operationId: 'deletePromo',
    method: 'DELETE',
    path: '/promos/:id',
    access: SELLER_OR_ADMIN,
    tag: 'Promos',
    summary: 'Remove a promo',
    params: IdParams,
    status: 204,
    problems: [STALE_VERSION],
    handle: (ctx, { params, expected }) => promos.removePromo(ctx, params.id, expected),
  }),
];

function promoViewAt(moment: Date): (row: promos.PromoRow) => Infer<typeof Promo> {
  return (row) => ({
    id: row.id,
    seller_id: row.seller_id,
    name: row.name,
    description: row.description,
    discount_type: row.discount_type,
    discount_value: formatMoney(row.discount_hundredths),
    starts_at: row.starts_at.toISOString(),
    ends_at: row.ends_at.toISOString(),
    product_ids: row.product_ids,
    is_active: row.is_active,
    status: statusAt(moment, row),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  });
}
