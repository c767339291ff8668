// What must hold of kept answers.
import { type Invariant, uniqueKey } from '../../db/invariants/invariant.ts';

export const idempotencyInvariants: readonly Invariant[] = [
  uniqueKey('an idempotency key is one per user', 'user_id, key', 'idempotency_keys'),
];
