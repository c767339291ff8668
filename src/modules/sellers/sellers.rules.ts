// Pure decisions about sellers: which status follows which.

export type SellerStatus = 'PENDING' | 'VERIFIED' | 'SUSPENDED';
export type SellerAction = 'verify' | 'suspend' | 'reinstate';

const NEXT: Readonly<Record<SellerAction, Partial<Record<SellerStatus, SellerStatus>>>> = {
  verify: { PENDING: 'VERIFIED' },
  suspend: { PENDING: 'SUSPENDED', VERIFIED: 'SUSPENDED' },
  reinstate: { SUSPENDED: 'VERIFIED' },
};

/** The status after `action`, or undefined where it is not possible. */
export function statusAfter(action: SellerAction, status: SellerStatus): SellerStatus | undefined {
  return NEXT[action][status];
}

/** Average of reviews with two places; null without any. */
export function averageRating(rating_sum: number, review_count: number): number | null {
  return review_count === 0 ? null : Math.round((rating_sum / review_count) * 100) / 100;
}
