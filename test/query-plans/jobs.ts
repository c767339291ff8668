// What each job is given when its plans are looked at.
import type { Subjects } from './market.ts';

/** Not looked at: these are made to read everything, on a connection of their own. */
export const READ_EVERYTHING: readonly string[] = [
  'operations.watch-audit',
  'operations.watch-invariants',
];

/** By name; jobs that run by themselves are given nothing. */
export function jobData(of: Subjects): Readonly<Record<string, object>> {
  return {
    'payments.refund': { refund_id: of.refund },
    // A category of few products: each of them is rewritten.
    'catalog.refresh-category-listings': { category_id: of.rare_category },
    'catalog.make-image-sizes': { image_id: of.image },
    'catalog.remove-image-files': { image_id: of.image },
    'notifications.send-message': {
      channel: 'email',
      to: 'person-1@example.com',
      subject: 'Your order',
      text: 'It is on its way.',
    },
    // Asked for by somebody who is not signed in, and not released yet.
    'auth.send-code': { code_id: of.code },
    'users.send-change-notice': { change_id: of.contact_change, event: 'requested' },
  };
}
