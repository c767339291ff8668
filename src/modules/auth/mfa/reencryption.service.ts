// After a rotation: second factors are encrypted anew with the first secret.
import { sql } from 'kysely';
import type { Db } from '../../../db/database.ts';
import { type Reencryption, reencrypt } from '../../../db/reencrypt.ts';
import type { Tokens } from '../../../tokens/tokens.ts';

const where = sql`mfa_secret IS NOT NULL`;

export function reencryptSecondFactors(db: Db, tokens: Tokens): Promise<Reencryption> {
  return reencrypt(db, tokens.deriveKeys('second-factor'), [
    { table: 'users', id: 'id', owner: 'id', secret: 'mfa_secret', where },
  ]);
}
