// What the documents show of reviews: the demo customer's of the tomatoes, with its answer.
import { DEMO_PRODUCTS, demoId } from '../../lib/demo-market.ts';

const product_id = DEMO_PRODUCTS[0].id;
const opinion = { rating: 5, comment: 'Very fresh and well packed. Will order again.' } as const;

export const examples = {
  NewReview: { product_id, ...opinion },
  ReviewPatch: { rating: 4, comment: 'Fresh, though some pieces were small.' },
  ReviewReply: { reply: 'Maraming salamat po sa pag-order!' },
  Review: {
    id: demoId(83),
    product_id,
    reviewer_name: 'Maria S.',
    ...opinion,
    reply: 'Maraming salamat po sa pag-order!',
    replied_at: '2026-03-01T10:12:00.000Z',
    created_at: '2026-03-01T04:40:00.000Z',
    updated_at: '2026-03-01T10:12:00.000Z',
  },
} as const;
