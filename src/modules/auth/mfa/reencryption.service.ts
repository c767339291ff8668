// After a rotation: second factors are encrypted anew with the first secret, so that the others can be taken away.
import type { Db } from '../../../db/database.ts';
import { openSecret, sealSecret } from '../../../lib/keys/sealed.ts';
import type { Tokens } from '../../../tokens/tokens.ts';
import { findSealedSecrets, replaceSealedSecret } from './mfa.queries.ts';

const BATCH = 500;

export interface Reencryption {
  readonly checked: number;
  readonly renewed: number;
  /** Users whose factor no secret opens. */
  readonly lost: readonly string[];
}

/** May run beside servers, and again: what is done already stays as it is. */
export async function reencryptSecondFactors(db: Db, tokens: Tokens): Promise<Reencryption> {
  const keys = tokens.deriveKeys('second-factor');
  const lost: string[] = [];
  let checked = 0;
  let renewed = 0;
  let after: string | undefined;
  for (;;) {
    const batch = await findSealedSecrets(db, after, BATCH);
    for (const sealed of batch) {
      const { user_id, mfa_secret } = sealed;
      const opened = openSecret(keys, user_id, mfa_secret);
      if (opened === undefined) lost.push(user_id);
      if (opened === undefined || opened.isCurrent) continue;
      const next = sealSecret(keys, user_id, opened.secret);
      if (await replaceSealedSecret(db, sealed, next)) renewed += 1;
    }
    checked += batch.length;
    after = batch.at(-1)?.user_id;
    if (batch.length < BATCH) return { checked, renewed, lost };
  }
}
