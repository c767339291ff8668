// People for tests: rows written straight into the database, signed in through the real sessions.

import type { Role } from '../../src/context.ts';
import { newId } from '../../src/lib/ids.ts';
import { startSession } from '../../src/modules/auth/sessions/sessions.service.ts';
import type { SellerStatus } from '../../src/modules/sellers/sellers.rules.ts';
import type { TestApp } from './app.ts';

export interface TestActor {
  readonly user_id: string;
  readonly session_id: string;
  readonly token: string;
  readonly refresh: string;
  /** Present for sellers. */
  readonly seller_id: string;
}

export interface ActorOptions {
  readonly role?: Role;
  /** True by default. */
  readonly verified?: boolean;
  /** For sellers; VERIFIED by default. */
  readonly sellerStatus?: SellerStatus;
}

/** Any barangay: Ermita's first. */
export const TEST_BARANGAY = '1380607001';
let counter = 0;

export async function createActor(test: TestApp, options: ActorOptions = {}): Promise<TestActor> {
  const { role = 'customer', verified = true } = options;
  const { db } = test.services;
  const now = test.clock.now();
  const user_id = newId();
  counter += 1;
  await db
    .insertInto('users')
    .values({
      id: user_id,
      user_name: `${role}_${user_id.slice(-12)}`,
      user_email: `${role}-${user_id}@example.com`,
      user_phone: `+63917${String(1_000_000 + counter).slice(-7)}`,
      password_hash: 'none',
      first_name: 'Maria',
      last_name: 'Santos',
      role,
      email_verified_at: verified ? now : null,
      terms_accepted_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute();
  const seller_id =
    role === 'seller'
      ? await createSellerOf(test, user_id, options.sellerStatus ?? 'VERIFIED')
      : '';
  const session = await startSession(test.system, { user_id });
  const { session_id, refresh } = session;
  return {
    user_id,
    seller_id,
    session_id,
    refresh,
    // Signed anew, so that a test may move the clock past a token's life.
    get token() {
      return test.services.tokens.signAccess({ user_id, session_id, now: test.clock.now() });
    },
  };
}

async function createSellerOf(
  test: TestApp,
  user_id: string,
  status: SellerStatus,
): Promise<string> {
  const id = newId();
  const now = test.clock.now();
  await test.services.db
    .insertInto('sellers')
    .values({
      id,
      user_id,
      business_name: `Gulayan ${id.slice(-6)}`,
      business_phone: '+639171234567',
      slug: `gulayan-${id}`,
      street: 'Km. 5',
      barangay_code: TEST_BARANGAY,
      status,
      terms_accepted_at: now,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return id;
}
