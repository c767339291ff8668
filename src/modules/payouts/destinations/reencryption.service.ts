// After a rotation: account numbers are encrypted anew with the first secret, of destinations and of payouts that may still
// be sent.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { type Reencryption, reencrypt } from '../../../db/reencrypt.ts';
import type { Tokens } from '../../../tokens/tokens.ts';

const shared = { owner: 'seller_id', secret: 'account_number' } as const;

export function reencryptAccountNumbers(db: Db, tokens: Tokens): Promise<Reencryption> {
  return reencrypt(db, tokens.deriveKeys('payout-destination'), [
    { ...shared, table: 'seller_accounts', id: 'seller_id', where: sql`true` },
    { ...shared, table: 'payouts', id: 'id', where: sql`status IN ('DRAFT', 'STARTED')` },
  ]);
}
