// /admin/cash-sessions: riders' cash, collected by order, counted and handed in; for admins.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { formatMoney, parseMoney } from '../../lib/money.ts';
import {
  Closed,
  Id,
  IdParams,
  type Infer,
  Line,
  Model,
  Money,
  Nullable,
  OneOf,
  Timestamp,
  Total,
} from '../../lib/schema.ts';
import { CASH_STATE } from './cash.errors.ts';
import { examples } from './cash.examples.ts';
import * as cash from './cash.service.ts';

const STATUSES = ['OPEN', 'CLOSED'] as const;
/** A rider's day. */
const MAX_ORDERS = 200;

const CashSessionInput = Model(
  'CashSessionInput',
  Closed({ rider_name: Line(120) }),
  examples.CashSessionInput,
);
const CashCollection = Model(
  'CashCollection',
  Closed({
    seller_order_ids: Type.Array(Id, { minItems: 1, maxItems: MAX_ORDERS, uniqueItems: true }),
  }),
  examples.CashCollection,
);
const CashCount = Model(
  'CashCount',
  Closed({
    counted_amount: Total,
    explanation: Type.Optional(
      Line(500, { description: 'Needed where the count is not what the orders come to' }),
    ),
  }),
  examples.CashCount,
);
const UncollectedCash = Model(
  'UncollectedCash',
  Type.Object({
    seller_order_id: Id,
    order_id: Id,
    order_number: Type.String(),
    amount: Money,
    delivered_at: Timestamp,
  }),
  examples.UncollectedCash,
);
const CashSession = Model(
  'CashSession',
  Type.Object({
    id: Id,
    rider_name: Type.String(),
    status: OneOf('CashSessionStatus', STATUSES),
    opened_at: Timestamp,
    closed_at: Nullable(Timestamp),
    expected_amount: Nullable(Money),
    counted_amount: Nullable(Money),
    difference: Nullable(
      Type.String({ description: 'Counted less expected: below zero, cash is missing' }),
    ),
    explanation: Nullable(Type.String()),
  }),
  examples.CashSession,
);
const CashSessionDetail = Model(
  'CashSessionDetail',
  Type.Object({ ...CashSession.properties, orders: Type.Array(UncollectedCash) }),
  examples.CashSessionDetail,
);

const shared = { access: ADMIN, tag: 'Cash', cache: 'personal' } as const;

export const cashRoutes: readonly AnyRoute[] = [
  route({
    ...shared,
    operationId: 'createCashSession',
    method: 'POST',
    path: '/admin/cash-sessions',
    summary: 'Open a cash session',
    description: 'For one rider, whose cash of some deliveries it will hold until it is handed in.',
    body: CashSessionInput,
    status: 201,
    returns: CashSessionDetail,
    handle: async (ctx, { body }) => detailView(await cash.openCashSession(ctx, body.rider_name)),
  }),
  listRoute({
    ...shared,
    operationId: 'listCashSessions',
    path: '/admin/cash-sessions',
    summary: 'List cash sessions',
    description: 'Newest first.',
    query: Type.Object({
      status: Type.Optional(
        OneOf('CashSessionStatus', STATUSES, { description: 'Only sessions in this status' }),
      ),
    }),
    item: CashSession,
    list: async (ctx, { query, page }) =>
      mapPage(await cash.listCashSessions(ctx, query, page), sessionView),
  }),
  route({
    ...shared,
    operationId: 'getCashSession',
    method: 'GET',
    path: '/admin/cash-sessions/:id',
    summary: 'Get a cash session',
    description: 'With the seller orders whose cash it holds.',
    params: IdParams,
    status: 200,
    returns: CashSessionDetail,
    handle: async (ctx, { params }) => detailView(await cash.getCashSession(ctx, params.id)),
  }),
  route({
    ...shared,
    operationId: 'addCollectedOrders',
    method: 'POST',
    path: '/admin/cash-sessions/:id/orders',
    summary: 'Collect the cash of seller orders',
    description:
      'All of them, or none. Each can be in one session only, once it was delivered for cash with a rider.',
    params: IdParams,
    body: CashCollection,
    status: 200,
    returns: CashSessionDetail,
    idempotency: 'required',
    problems: [CASH_STATE],
    handle: async (ctx, { params, body }) =>
      detailView(await cash.collectCash(ctx, params.id, body.seller_order_ids)),
  }),
  route({
    ...shared,
    operationId: 'endCashSession',
    method: 'POST',
    path: '/admin/cash-sessions/:id/close',
    summary: 'Count and close a cash session',
    description: 'The rider hands the cash in. A difference is booked, and has to be explained.',
    params: IdParams,
    body: CashCount,
    status: 200,
    returns: CashSessionDetail,
    idempotency: 'required',
    problems: [CASH_STATE],
    handle: async (ctx, { params, body: { counted_amount, explanation } }) =>
      detailView(
        await cash.closeCashSession(ctx, params.id, {
          counted_centavos: parseMoney(counted_amount),
          explanation,
        }),
      ),
  }),
  listRoute({
    ...shared,
    operationId: 'listUncollectedCash',
    path: '/admin/uncollected-cash',
    summary: 'List cash that no session holds',
    description: 'Of seller orders that were delivered for cash with a rider, the latest first.',
    item: UncollectedCash,
    list: async (ctx, { page }) => mapPage(await cash.listUncollectedCash(ctx, page), orderView),
  }),
];

function sessionView(row: cash.CashSessionRow): Infer<typeof CashSession> {
  const { expected_centavos, counted_centavos } = row;
  const isClosed = expected_centavos !== null && counted_centavos !== null;
  return {
    id: row.id,
    rider_name: row.rider_name,
    status: row.status,
    opened_at: row.opened_at.toISOString(),
    closed_at: row.closed_at?.toISOString() ?? null,
    expected_amount: isClosed ? formatMoney(expected_centavos) : null,
    counted_amount: isClosed ? formatMoney(counted_centavos) : null,
    difference: isClosed ? formatMoney(counted_centavos - expected_centavos) : null,
    explanation: row.explanation,
  };
}

function orderView({
  amount_centavos,
  delivered_at,
  ...row
}: cash.CashOrder): Infer<typeof UncollectedCash> {
  return {
    ...row,
    amount: formatMoney(amount_centavos),
    delivered_at: delivered_at.toISOString(),
  };
}

function detailView({ session, orders }: cash.CashSession): Infer<typeof CashSessionDetail> {
  return { ...sessionView(session), orders: orders.map(orderView) };
}
