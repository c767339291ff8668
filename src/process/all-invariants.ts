// Every invariant, in one list: `check-invariants`, the standing watch and the trial of a backup check all of them.

import type { Invariant } from '../db/invariants/invariant.ts';
import { schemaInvariants } from '../db/invariants/schema.invariants.ts';
import { idempotencyInvariants } from '../http/intake/idempotency.invariants.ts';
import { auditInvariants } from '../modules/audit/audit.invariants.ts';
import { cashInvariants } from '../modules/cash/cash.invariants.ts';
import { catalogInvariants } from '../modules/catalog/catalog.invariants.ts';
import { inventoryInvariants } from '../modules/inventory/inventory.invariants.ts';
import { ledgerInvariants } from '../modules/ledger/ledger.invariants.ts';
import { listingInvariants } from '../modules/listing/listing.invariants.ts';
import { orderInvariants } from '../modules/orders/orders.invariants.ts';
import { paymentInvariants } from '../modules/payments/payments.invariants.ts';
import { payoutInvariants } from '../modules/payouts/payouts.invariants.ts';
import { promoInvariants } from '../modules/promos/promos.invariants.ts';
import { reviewInvariants } from '../modules/reviews/reviews.invariants.ts';
import { sellerInvariants } from '../modules/sellers/sellers.invariants.ts';
import { userInvariants } from '../modules/users/users.invariants.ts';

export const allInvariants: readonly Invariant[] = [
  ...inventoryInvariants,
  ...listingInvariants,
  ...catalogInvariants,
  ...schemaInvariants,
  ...auditInvariants,
  ...userInvariants,
  ...sellerInvariants,
  ...reviewInvariants,
  ...promoInvariants,
  ...idempotencyInvariants,
  ...orderInvariants,
  ...paymentInvariants,
  ...ledgerInvariants,
  ...cashInvariants,
  ...payoutInvariants,
];
