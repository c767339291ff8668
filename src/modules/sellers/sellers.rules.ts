// Pure decisions about sellers: which status follows which, and whose new name is looked at first.

export type SellerStatus = 'PENDING' | 'VERIFIED' | 'SUSPENDED';
export type SellerAction = 'verify' | 'suspend' | 'reinstate';

export interface Standing {
  readonly status: SellerStatus;
  /** What a suspended seller was before; null where it is not known. */
  readonly suspended_from: 'PENDING' | 'VERIFIED' | null;
}

/** How a profile begins: a person who shed a suspended one begins with the suspension. */
export function firstStanding(hasShedSuspension: boolean): Standing {
  return hasShedSuspension
    ? { status: 'SUSPENDED', suspended_from: 'PENDING' }
    : { status: 'PENDING', suspended_from: null };
}

/** The standing after `action`, or undefined where it is not possible. A suspension ends where it began. */
export function standingAfter(action: SellerAction, before: Standing): Standing | undefined {
  const { status, suspended_from } = before;
  if (action === 'suspend')
    return status === 'SUSPENDED' ? undefined : { status: 'SUSPENDED', suspended_from: status };
  if (action === 'reinstate' && status === 'SUSPENDED')
    return { status: suspended_from ?? 'PENDING', suspended_from: null };
  if (action === 'verify' && status === 'PENDING')
    return { status: 'VERIFIED', suspended_from: null };
  return undefined;
}

/** Whether an admin looks at a new name first: customers know the old one. Of a pending profile all is yet to be looked at. */
export function isNameReviewed({ status, suspended_from }: Standing): boolean {
  return status === 'VERIFIED' || suspended_from === 'VERIFIED';
}

/** Average of reviews with two places; null without any. */
export function averageRating(rating_sum: number, review_count: number): number | null {
  return review_count === 0 ? null : Math.round((rating_sum / review_count) * 100) / 100;
}
