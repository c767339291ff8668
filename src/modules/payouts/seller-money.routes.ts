// /sellers/{id}/…: a seller's balance, payouts, payout destination and statements, for that seller and admins.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { SELLER, SELLER_OR_ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { Csv } from '../../lib/csv.ts';
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
import { JOURNAL_ENTRY_KINDS } from '../ledger/ledger.rules.ts';
import type { SellerBalance } from './balances/balances.rules.ts';
import { getSellerBalance } from './balances/balances.service.ts';
import type { SellerAccountRow } from './destinations/destinations.queries.ts';
import { getDestination, heldUntil, setDestination } from './destinations/destinations.service.ts';
import { examples } from './payouts.examples.ts';
import { Payout, payoutView } from './payouts.views.ts';
import { listPayouts } from './runs/runs.service.ts';
import {
  getStatement,
  type Statement,
  type StatementLine,
} from './statements/statements.service.ts';

const Balance = Model(
  'SellerBalance',
  Type.Object({
    pending: Type.String({
      description: 'Earned by deliveries whose customers may still complain',
    }),
    available: Type.String({ description: 'Paid out with the next payout run' }),
    in_payout: Type.String({ description: 'On its way to the bank' }),
    owed: Type.String({ description: 'What the seller owes, netted from what comes next' }),
  }),
  examples.SellerBalance,
);
const PayoutDestinationInput = Model(
  'PayoutDestinationInput',
  Closed({
    bank_code: Type.String({
      pattern: '^[A-Z0-9]{4,11}$',
      description: "a bank's BIC or code: 4 to 11 capital letters and digits",
    }),
    account_name: Line(120),
    account_number: Type.String({ pattern: '^\\d{6,20}$', description: '6 to 20 digits' }),
  }),
  examples.PayoutDestinationInput,
);
const PayoutDestination = Model(
  'PayoutDestination',
  Type.Object({
    bank_code: Type.String(),
    account_name: Type.String(),
    account_ends_with: Type.String(),
    changed_at: Timestamp,
    held_until: Type.String({ description: 'Until then nothing is paid out to it' }),
  }),
  examples.PayoutDestination,
);
const MonthlyStatement = Model(
  'SellerStatement',
  Type.Object({
    seller_id: Id,
    month: Type.String(),
    is_closed: Type.Boolean({ description: 'Nothing of it changes any more' }),
    opening_balance: Money,
    closing_balance: Money,
    lines: Type.Array(
      Type.Object(
        {
          booked_at: Timestamp,
          kind: OneOf('StatementKind', JOURNAL_ENTRY_KINDS),
          order_id: Nullable(Id),
          order_number: Nullable(Type.String()),
          payout_id: Nullable(Id),
          commission: Money,
          amount: Type.String({ description: 'What the balance rises by, commission taken off' }),
        },
        { title: 'StatementLine' },
      ),
    ),
  }),
  examples.Statement,
);

const shared = {
  access: SELLER_OR_ADMIN,
  tag: 'Payouts',
  params: IdParams,
  cache: 'personal',
} as const;

export const sellerMoneyRoutes: readonly AnyRoute[] = [
  route({
    ...shared,
    operationId: 'getSellerBalance',
    method: 'GET',
    path: '/sellers/:id/balance',
    summary: "Get a seller's balance",
    status: 200,
    returns: Balance,
    handle: async (ctx, { params }) => balanceView(await getSellerBalance(ctx, params.id)),
  }),
  listRoute({
    ...shared,
    operationId: 'listSellerPayouts',
    path: '/sellers/:id/payouts',
    summary: "List a seller's payouts",
    description: 'Newest first; those that went out.',
    item: Payout,
    list: async (ctx, { params, page }) =>
      mapPage(await listPayouts(ctx, params.id, page), payoutView),
  }),
  route({
    ...shared,
    operationId: 'getPayoutDestination',
    method: 'GET',
    path: '/sellers/:id/payout-destination',
    summary: 'Get where a seller is paid',
    status: 200,
    returns: PayoutDestination,
    handle: async (ctx, { params }) => destinationView(await getDestination(ctx, params.id)),
  }),
  route({
    ...shared,
    access: SELLER,
    operationId: 'setPayoutDestination',
    method: 'PUT',
    path: '/sellers/:id/payout-destination',
    summary: 'Set where you are paid',
    description:
      'A bank account. The seller is told of the change, and payouts wait for 24 hours. The number is kept encrypted, and only its end is shown.',
    body: PayoutDestinationInput,
    status: 200,
    returns: PayoutDestination,
    stepUp: true,
    handle: async (ctx, { params, body }) =>
      destinationView(await setDestination(ctx, params.id, body)),
  }),
  route({
    ...shared,
    operationId: 'getSellerStatement',
    method: 'GET',
    path: '/sellers/:id/statement',
    summary: "Get a seller's statement of a month",
    description:
      'Everything that was booked to the seller in a month of Philippine time. Opening balance and amounts add up to the closing balance; a closed month never changes.',
    query: Type.Object({
      month: Type.Optional(
        Type.String({
          pattern: '^20\\d{2}-(0[1-9]|1[0-2])$',
          description: 'a month such as 2026-02; the present one where it is left out',
          examples: ['2026-02'],
        }),
      ),
      format: Type.Optional(
        OneOf('FileFormat', ['json', 'csv'], { description: 'JSON without it' }),
      ),
    }),
    status: 200,
    returns: MonthlyStatement,
    produces: 'text/csv',
    handle: async (ctx, { params, query: { month, format } }) => {
      const statement = await getStatement(ctx, params.id, month);
      return format === 'csv' ? statementCsv(statement) : statementView(statement);
    },
  }),
];

function balanceView(balance: SellerBalance): Infer<typeof Balance> {
  return {
    pending: formatMoney(balance.pending_centavos),
    available: formatMoney(balance.available_centavos),
    in_payout: formatMoney(balance.in_payout_centavos),
    owed: formatMoney(balance.owed_centavos),
  };
}

function destinationView(row: SellerAccountRow): Infer<typeof PayoutDestination> {
  return {
    bank_code: row.bank_code,
    account_name: row.account_name,
    account_ends_with: row.account_last4,
    changed_at: row.changed_at.toISOString(),
    held_until: heldUntil(row).toISOString(),
  };
}

function lineView(line: StatementLine) {
  return {
    booked_at: line.booked_at.toISOString(),
    kind: line.kind,
    order_id: line.order_id,
    order_number: line.order_number,
    payout_id: line.payout_id,
    commission: formatMoney(line.commission_centavos),
    amount: formatMoney(line.amount_centavos),
  };
}

function statementView(statement: Statement): Infer<typeof MonthlyStatement> {
  return {
    seller_id: statement.seller_id,
    month: statement.month,
    is_closed: statement.is_closed,
    opening_balance: formatMoney(statement.opening_centavos),
    closing_balance: formatMoney(statement.closing_centavos),
    lines: statement.lines.map(lineView),
  };
}

const CSV_HEADER = ['booked_at', 'kind', 'order_number', 'payout_id', 'commission', 'amount'];

function statementCsv(statement: Statement): Csv {
  const { opening_balance, closing_balance, lines } = statementView(statement);
  return new Csv([
    CSV_HEADER,
    ['', 'OPENING_BALANCE', '', '', '', opening_balance],
    ...lines.map((line) => [
      line.booked_at,
      line.kind,
      line.order_number ?? '',
      line.payout_id ?? '',
      line.commission,
      line.amount,
    ]),
    ['', 'CLOSING_BALANCE', '', '', '', closing_balance],
  ]);
}
