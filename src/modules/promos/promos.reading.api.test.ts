import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { stockProduct } from '../../../test/support/market.ts';
import { createPromoBench, type PromoBench } from './promos.testkit.ts';

describe('GET /promos', () => {
  let bench: PromoBench;
  let product: string;
  beforeAll(async () => {
    bench = await createPromoBench();
    ({ product } = await bench.stock());
  });
  afterAll(() => bench.test.close());

  const create = async (changes: object = {}): Promise<string> =>
    (await bench.post([product], changes)).json().id;

  async function createEveryKind() {
    return {
      active: await create(),
      scheduled: await create(bench.starting(1, 2)),
      ended: await create(bench.starting(-2, -1)),
      inactive: await create({ is_active: false }),
    };
  }

  it('shows everybody what runs now and nothing else', async () => {
    const { active, ...hidden } = await createEveryKind();
    for (const token of [undefined, bench.customer.token, bench.rival.token]) {
      const seen = await bench.idsSeenBy(token);
      expect(seen).toContain(active);
      expect((await bench.get(active, token)).statusCode).toBe(200);
      for (const id of Object.values(hidden)) {
        expect(seen).not.toContain(id);
        expect((await bench.get(id, token)).statusCode).toBe(404);
      }
    }
  });

  it('shows its seller and admins all, and filters by status', async () => {
    const kinds = Object.entries(await createEveryKind());
    for (const { token } of [bench.seller, bench.admin]) {
      const all = await bench.idsSeenBy(token);
      for (const [status, id] of kinds) {
        expect(all).toContain(id);
        expect((await bench.get(id, token)).json().status).toBe(status);
        for (const [asked] of kinds) {
          const isListed = (await bench.idsSeenBy(token, `&status=${asked}`)).includes(id);
          expect([asked, isListed]).toEqual([asked, asked === status]);
        }
      }
    }
  });

  it('filters by seller, newest first', async () => {
    const first = await create();
    const second = await create();
    const seen = await bench.idsSeenBy(undefined, `&seller=${bench.seller.seller_id}`);
    expect(seen.slice(0, 2)).toEqual([second, first]);
    expect(await bench.idsSeenBy(undefined, `&seller=${bench.rival.seller_id}`)).toEqual([]);
  });

  it('hides promos of sellers who are not on the market', async () => {
    const newcomer = await createActor(bench.test, { role: 'seller', sellerStatus: 'PENDING' });
    const own = await stockProduct(bench.test, newcomer.seller_id);
    const { id } = (await bench.post([own.id], {}, newcomer.token)).json();
    expect((await bench.get(id)).statusCode).toBe(404);
    expect(await bench.idsSeenBy(undefined)).not.toContain(id);
    expect((await bench.get(id, newcomer.token)).statusCode).toBe(200);
  });

  it('takes two statements at most', async () => {
    await create();
    const { test } = bench;
    for (const path of ['/promos?page_size=1', '/api/v2/promos?limit=1']) {
      test.statements.length = 0;
      await test.call({ path });
      expect(test.statements.length).toBeLessThanOrEqual(2);
    }
  });
});
