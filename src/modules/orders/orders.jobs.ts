// The clock's share of the orders: reservations that run out, providers that stay silent, sellers who leave orders lying.
import type { Ctx, OutsideCtx } from '../../context.ts';
import { defineJob, NoData } from '../../jobs/define.ts';
import { cancelOverdue, expireReservations, remindSellers } from './deadlines/deadlines.service.ts';
import { forgetErasedCustomers } from './reading/orders.service.ts';
import { reconcilePayments } from './settlement/settlement.service.ts';

/** Stock of an unpaid order must be back within ten seconds, which includes the work on a thousand of them. */
export const expireReservationsJob = defineJob(
  { name: 'orders.expire-reservations', data: NoData, every: { seconds: 2 } },
  (ctx: Ctx) => expireReservations(ctx),
);

export const reconcilePaymentsJob = defineJob(
  { name: 'orders.reconcile-payments', data: NoData, every: { seconds: 60 } },
  (ctx: OutsideCtx) => reconcilePayments(ctx),
);

export const cancelOverdueJob = defineJob(
  { name: 'orders.cancel-overdue', data: NoData, every: { seconds: 60 } },
  (ctx: Ctx) => cancelOverdue(ctx),
);

export const remindSellersJob = defineJob(
  { name: 'orders.remind-sellers', data: NoData, every: { seconds: 300 } },
  (ctx: Ctx) => remindSellers(ctx),
);

export const forgetErasedCustomersJob = defineJob(
  { name: 'orders.forget-erased-customers', data: NoData, every: { seconds: 3600 } },
  (ctx: Ctx) => forgetErasedCustomers(ctx),
);
