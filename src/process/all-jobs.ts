// buildWorker: every queue, schedule and handler, in one list.

import type { OutsideCtx } from '../context.ts';
import type { Job } from '../jobs/define.ts';
import { makePartitionsJob, sealEntriesJob } from '../modules/audit/audit.jobs.ts';
import { sendCodeJob } from '../modules/auth/codes/codes.jobs.ts';
import { refreshCategoryListingsJob } from '../modules/catalog/categories/categories.jobs.ts';
import {
  makeImageSizesJob,
  removeImageFilesJob,
  sweepImageFilesJob,
} from '../modules/catalog/images/images.jobs.ts';
import {
  foldCategoryCountsJob,
  refreshChangedSellersJob,
  refreshStaleListingsJob,
} from '../modules/listing/listing.jobs.ts';
import { sendMessageJob } from '../modules/notifications/notifications.jobs.ts';
import {
  dispatchEventsJob,
  forgetDispatchedEventsJob,
} from '../modules/notifications/outbox.jobs.ts';
import {
  foldBusinessCountsJob,
  forgetExpiredAnswersJob,
  watchAuditJob,
  watchInvariantsJob,
} from '../modules/operations/housekeeping.jobs.ts';
import {
  cancelOverdueJob,
  expireReservationsJob,
  forgetErasedCustomersJob,
  reconcilePaymentsJob,
  remindSellersJob,
} from '../modules/orders/orders.jobs.ts';
import { refundJob } from '../modules/payments/payments.jobs.ts';
import { closeMonthsJob, startPayoutsJob } from '../modules/payouts/payouts.jobs.ts';
import { forgetErasedReviewersJob } from '../modules/reviews/reviews.jobs.ts';
import { sendChangeNoticeJob } from '../modules/users/contacts/contacts.jobs.ts';
import { eraseUsersJob, forgetCodesJob, forgetSessionsJob } from '../modules/users/users.jobs.ts';
import { allInvariants } from './all-invariants.ts';

export const allJobs: readonly Job<OutsideCtx, unknown>[] = [
  expireReservationsJob,
  reconcilePaymentsJob,
  cancelOverdueJob,
  remindSellersJob,
  forgetErasedCustomersJob,
  forgetErasedReviewersJob,
  refundJob,
  startPayoutsJob,
  closeMonthsJob,
  forgetExpiredAnswersJob,
  foldBusinessCountsJob,
  watchInvariantsJob(allInvariants),
  watchAuditJob,
  refreshStaleListingsJob,
  refreshChangedSellersJob,
  foldCategoryCountsJob,
  refreshCategoryListingsJob,
  makeImageSizesJob,
  removeImageFilesJob,
  sweepImageFilesJob,
  dispatchEventsJob,
  sendMessageJob,
  forgetDispatchedEventsJob,
  sendCodeJob,
  sendChangeNoticeJob,
  eraseUsersJob,
  forgetSessionsJob,
  forgetCodesJob,
  sealEntriesJob,
  makePartitionsJob,
];
