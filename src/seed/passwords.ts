// Password hashes of the demo people.
import { hash } from '@node-rs/argon2';
import { DEMO_PASSWORD } from '../lib/demo-market.ts';
import type { Random } from './random.ts';

const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

export function hashDemoPassword(random: Random): Promise<string> {
  return hash(DEMO_PASSWORD, { ...COST, salt: random.bytes(SALT_BYTES) });
}

/** Well formed, so that signing in takes as long as ever, but of no password that anybody knows. */
export function unusableHash(random: Random): string {
  const { memoryCost, timeCost, parallelism } = COST;
  const [salt, digest] = [SALT_BYTES, HASH_BYTES].map((count) =>
    random.bytes(count).toString('base64').replaceAll('=', ''),
  );
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${digest}`;
}
