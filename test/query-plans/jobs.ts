// What each job is given when its plans are looked at.
import { idOf } from './market.ts';

/** Not looked at: these are made to read everything, on a connection of their own. */
export const READ_EVERYTHING: readonly string[] = [
  'operations.watch-audit',
  'operations.watch-invariants',
];

/** By name; jobs that run by themselves are given nothing. */
export const JOB_DATA: Readonly<Record<string, object>> = {
  'payments.refund': { refund_id: idOf('refund', 1) },
  // A category of few products: each of them is rewritten.
  'catalog.refresh-category-listings': { category_id: idOf('category', 199) },
  'catalog.make-image-sizes': { image_id: idOf('image', 1) },
  'catalog.remove-image-files': { image_id: idOf('image', 1) },
  'notifications.send-message': {
    channel: 'email',
    to: 'person-1@example.com',
    subject: 'Your order',
    text: 'It is on its way.',
  },
  // Asked for by somebody who is not signed in, and not released yet.
  'identity.send-code': { code_id: idOf('code', 0) },
  'identity.send-change-notice': { change_id: idOf('change', 1), event: 'requested' },
};
