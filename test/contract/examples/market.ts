// The demo market as tests of the examples have it: seeded as `freshbytes seed` does, with its people signed in.
import { DEFAULT_SEED } from '../../../src/cli/database/seed.ts';
import type { OpenApiDocument } from '../../../src/http/openapi/shape.ts';
import { DEMO_PEOPLE, DEMO_SELLER } from '../../../src/lib/demo-market.ts';
import { DAY_MS } from '../../../src/lib/time.ts';
import { startSession } from '../../../src/modules/auth/sessions/sessions.service.ts';
import { seedDatabase } from '../../../src/seed/seed.ts';
import type { TestActor } from '../../support/actors.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { inlined } from '../../support/openapi.ts';

export type DemoRole = keyof typeof DEMO_PEOPLE;

export interface Market {
  readonly test: TestApp;
  /** Signs the demo account in anew. */
  signIn(role: DemoRole): Promise<TestActor>;
  /** As served by the running application, so with the moments of its day. */
  readDocument(version: string): Promise<OpenApiDocument>;
}

export async function openMarket(): Promise<Market> {
  const test = await createTestApp();
  const { db, clock } = test.services;
  // Not the day on which the examples are written.
  test.clock.advance(400 * DAY_MS);
  await seedDatabase({ db, clock }, { size: 'small', seed: DEFAULT_SEED });
  return {
    test,
    signIn: async (role) => {
      const user_id = DEMO_PEOPLE[role].id;
      const session = await startSession(test.system, { user_id });
      const { session_id, refresh } = session;
      const token = test.services.tokens.signAccess({ user_id, session_id, now: test.clock.now() });
      return { user_id, session_id, refresh, token, seller_id: DEMO_SELLER.id };
    },
    readDocument: async (version) =>
      inlined((await test.call({ path: `/api/${version}/openapi.json` })).json()),
  };
}
