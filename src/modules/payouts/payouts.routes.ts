// /admin/payout-runs and /admin/payouts: money to sellers, drafted by one admin and approved by another.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { formatMoney } from '../../lib/money.ts';
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
} from '../../lib/schema.ts';
import { PAYOUT_STATE } from './payouts.errors.ts';
import { examples } from './payouts.examples.ts';
import { PAYOUT_OUTCOMES, RAILS } from './payouts.rules.ts';
import { Payout, payoutView } from './payouts.views.ts';
import { makeBankFile } from './runs/bank-file.service.ts';
import * as runs from './runs/runs.service.ts';

const PayoutRun = Model(
  'PayoutRun',
  Type.Object({
    id: Id,
    status: OneOf('PayoutRunStatus', ['DRAFT', 'APPROVED', 'CANCELLED']),
    minimum_amount: Money,
    payout_count: Type.Integer(),
    payout_total: Money,
    created_by: Id,
    created_at: Timestamp,
    decided_by: Nullable(Id),
    decided_at: Nullable(Timestamp),
  }),
  examples.PayoutRun,
);
const PayoutRunDetail = Model(
  'PayoutRunDetail',
  Type.Object({ ...PayoutRun.properties, payouts: Type.Array(Payout) }),
  examples.PayoutRunDetail,
);
const PayoutEnd = Model(
  'PayoutEnd',
  Closed({
    outcome: OneOf('PayoutOutcome', PAYOUT_OUTCOMES),
    reference: Type.Optional(Line(100, { description: "The bank's" })),
    reason: Type.Optional(Line(200)),
  }),
  examples.PayoutEnd,
);
const BankFile = Model('BankFile', Type.Object({ csv: Type.String() }), examples.BankFile);

const shared = { access: ADMIN, tag: 'Payouts', cache: 'personal' } as const;

export const payoutRoutes: readonly AnyRoute[] = [
  route({
    ...shared,
    operationId: 'createPayoutRun',
    method: 'POST',
    path: '/admin/payout-runs',
    summary: 'Draft a payout run',
    description:
      'Over everything available to verified sellers at this moment, where it is PAYOUT_MINIMUM or more and their payout destination is not on hold. Moves nothing: another admin approves it.',
    status: 201,
    returns: PayoutRunDetail,
    idempotency: 'required',
    handle: async (ctx) => detailView(await runs.createPayoutRun(ctx)),
  }),
  listRoute({
    ...shared,
    operationId: 'listPayoutRuns',
    path: '/admin/payout-runs',
    summary: 'List payout runs',
    description: 'Newest first.',
    item: PayoutRun,
    list: async (ctx, { page }) => mapPage(await runs.listPayoutRuns(ctx, page), runView),
  }),
  route({
    ...shared,
    operationId: 'getPayoutRun',
    method: 'GET',
    path: '/admin/payout-runs/:id',
    summary: 'Get a payout run',
    description: 'With its payouts: what it would do, or what became of each.',
    params: IdParams,
    status: 200,
    returns: PayoutRunDetail,
    handle: async (ctx, { params }) => detailView(await runs.getPayoutRun(ctx, params.id)),
  }),
  route({
    ...shared,
    operationId: 'approvePayoutRun',
    method: 'POST',
    path: '/admin/payout-runs/:id/approve',
    summary: 'Approve a payout run',
    description:
      'By another admin than the one who created it. A job then takes each payout off its seller’s balance; what is no longer covered is skipped.',
    params: IdParams,
    status: 200,
    returns: PayoutRunDetail,
    stepUp: true,
    idempotency: 'required',
    problems: [PAYOUT_STATE],
    handle: async (ctx, { params }) => detailView(await runs.approvePayoutRun(ctx, params.id)),
  }),
  route({
    ...shared,
    operationId: 'cancelPayoutRun',
    method: 'POST',
    path: '/admin/payout-runs/:id/cancel',
    summary: 'Cancel a payout run',
    description: 'While it is a draft. Its payouts are skipped.',
    params: IdParams,
    status: 200,
    returns: PayoutRunDetail,
    problems: [PAYOUT_STATE],
    handle: async (ctx, { params }) => detailView(await runs.cancelPayoutRun(ctx, params.id)),
  }),
  route({
    ...shared,
    operationId: 'getBankFile',
    method: 'GET',
    path: '/admin/payout-runs/:id/file',
    summary: 'Get the bank file of a payout run',
    description:
      'The payouts that were started and have not ended, of one rail or of both, with their account numbers: as CSV in JSON, or with `format=csv` alone. Each reading is audited.',
    params: IdParams,
    query: Type.Object({
      rail: Type.Optional(OneOf('Rail', RAILS, { description: 'Only payouts that go by it' })),
      format: Type.Optional(
        OneOf('FileFormat', ['json', 'csv'], { description: 'JSON without it' }),
      ),
    }),
    status: 200,
    returns: BankFile,
    produces: 'text/csv',
    stepUp: true,
    handle: async (ctx, { params, query: { rail, format } }) => {
      const csv = await makeBankFile(ctx, params.id, rail);
      return format === 'csv' ? csv : { csv: csv.text };
    },
  }),
  route({
    ...shared,
    operationId: 'endPayout',
    method: 'POST',
    path: '/admin/payouts/:id/end',
    summary: 'Say how a payout ended',
    description:
      'As the bank says. What is returned or failed is available to its seller again; what was paid may still be returned.',
    params: IdParams,
    body: PayoutEnd,
    status: 200,
    returns: Payout,
    idempotency: 'required',
    problems: [PAYOUT_STATE],
    handle: async (ctx, { params, body }) => payoutView(await runs.endPayout(ctx, params.id, body)),
  }),
];

function runView(row: runs.PayoutRunRow): Infer<typeof PayoutRun> {
  return {
    id: row.id,
    status: row.status,
    minimum_amount: formatMoney(row.minimum_centavos),
    payout_count: row.payout_count,
    payout_total: formatMoney(row.total_centavos),
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    decided_by: row.decided_by,
    decided_at: row.decided_at?.toISOString() ?? null,
  };
}

function detailView({ run, payouts }: runs.PayoutRun): Infer<typeof PayoutRunDetail> {
  return { ...runView(run), payouts: payouts.map(payoutView) };
}
