// /products/:id/lots and /products/:id/movements: stock by harvest, for whoever sells the product.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { SELLER_OR_ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { CONFLICT, LIMIT_REACHED } from '../../lib/problem.ts';
import { formatQuantity } from '../../lib/quantity.ts';
import {
  Closed,
  Id,
  IdParams,
  type Infer,
  Line,
  Model,
  Moment,
  Nullable,
  OneOf,
  PositiveQuantity,
  Quantity,
  Timestamp,
} from '../../lib/schema.ts';
import { daysLeft, FRESHNESS, freshnessOf } from './freshness.rules.ts';
import { examples } from './inventory.examples.ts';
import * as lots from './lots.service.ts';

const LotInput = Model(
  'LotInput',
  Closed({
    quantity: PositiveQuantity,
    harvested_at: Moment,
    expires_at: Type.Optional(
      Type.String({ ...Moment, description: 'Harvest plus shelf life unless given' }),
    ),
  }),
  examples.LotInput,
);
const Lot = Model(
  'Lot',
  Type.Object({
    id: Id,
    product_id: Id,
    quantity: Type.String({ ...Quantity, description: 'As received' }),
    quantity_on_hand: Quantity,
    quantity_reserved: Type.String({
      ...Quantity,
      description: 'Held for orders; part of what is on hand',
    }),
    harvested_at: Timestamp,
    expires_at: Timestamp,
    freshness: OneOf('Freshness', FRESHNESS),
    days_left: Type.Integer({ description: 'Whole 24 hours, rounded down' }),
    created_at: Timestamp,
  }),
  examples.Lot,
);
const LotAdjustment = Model(
  'LotAdjustment',
  Closed({
    delta: Type.String({
      pattern: '^-?(?!0+(\\.0{1,3})?$)\\d{1,5}(\\.\\d{1,3})?$',
      description: "-99999.999 to 99999.999 in the product's unit, not zero",
      examples: ['-1.5'],
    }),
    reason: OneOf('AdjustmentReason', lots.ADJUSTMENT_REASONS),
    note: Type.Optional(Line(200)),
  }),
  examples.LotAdjustment,
);
const Movement = Model(
  'StockMovement',
  Type.Object({
    id: Id,
    lot_id: Id,
    delta: Quantity,
    reason: OneOf('MovementReason', lots.MOVEMENT_REASONS),
    reference: Nullable(
      Type.String({
        description: 'Number of the order that it is of, or the note of whoever adjusted',
      }),
    ),
    created_at: Timestamp,
  }),
  examples.StockMovement,
);
const LotParams = Type.Object({ id: Id, lot_id: Id });

export const lotRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listLots',
    path: '/products/:id/lots',
    access: SELLER_OR_ADMIN,
    tag: 'Stock',
    summary: 'List the lots of a product',
    description: 'Newest first, empty ones too.',
    params: IdParams,
    item: Lot,
    list: async (ctx, { params, page }) => {
      const now = ctx.clock.now();
      return mapPage(await lots.listLots(ctx, params.id, page), (row) => lotView(row, now));
    },
  }),
  route({
    operationId: 'receiveLot',
    method: 'POST',
    path: '/products/:id/lots',
    access: SELLER_OR_ADMIN,
    tag: 'Stock',
    summary: 'Receive a lot',
    params: IdParams,
    body: LotInput,
    status: 201,
    returns: Lot,
    problems: [LIMIT_REACHED],
    handle: async (ctx, { params, body }) =>
      lotView(await lots.receiveLot(ctx, params.id, body), ctx.clock.now()),
  }),
  route({
    operationId: 'adjustLot',
    method: 'POST',
    path: '/products/:id/lots/:lot_id/adjust',
    access: SELLER_OR_ADMIN,
    tag: 'Stock',
    summary: 'Adjust a lot',
    description:
      'Adds `delta` to what is on hand. What is reserved for orders cannot be taken away.',
    params: LotParams,
    body: LotAdjustment,
    status: 200,
    returns: Lot,
    problems: [CONFLICT, LIMIT_REACHED],
    handle: async (ctx, { params: { id, lot_id }, body }) =>
      lotView(await lots.adjustLot(ctx, { product_id: id, lot_id, ...body }), ctx.clock.now()),
  }),
  listRoute({
    operationId: 'listStockMovements',
    path: '/products/:id/movements',
    access: SELLER_OR_ADMIN,
    tag: 'Stock',
    summary: 'List the stock ledger of a product',
    description: 'Newest first. What is on hand is always the sum of these.',
    params: IdParams,
    query: Type.Object({ lot_id: Type.Optional(Id) }),
    item: Movement,
    list: async (ctx, { params, query, page }) =>
      mapPage(
        await lots.listMovements(ctx, { product_id: params.id, ...query }, page),
        movementView,
      ),
  }),
];

function lotView(row: lots.LotRow, now: Date): Infer<typeof Lot> {
  return {
    id: row.id,
    product_id: row.product_id,
    quantity: formatQuantity(row.received_milli),
    quantity_on_hand: formatQuantity(row.on_hand_milli),
    quantity_reserved: formatQuantity(row.reserved_milli),
    harvested_at: row.harvested_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    freshness: freshnessOf(row, now),
    days_left: daysLeft(row.expires_at, now),
    created_at: row.created_at.toISOString(),
  };
}

function movementView(row: lots.MovementRow): Infer<typeof Movement> {
  return {
    id: row.id,
    lot_id: row.lot_id,
    delta: formatQuantity(row.delta_milli),
    reason: row.reason as Infer<typeof Movement>['reason'],
    reference: row.reference,
    created_at: row.created_at.toISOString(),
  };
}
