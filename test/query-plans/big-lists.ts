// What the long lists promise, asked of the market that is big enough to prove it.
import { expect, it } from 'vitest';
import { MAX_COUNT } from '../../src/db/paging/paging.ts';
import type { TestApp } from '../support/app.ts';
import { get } from './requests.ts';

interface Numbered {
  readonly count: number;
  readonly count_capped?: boolean;
  readonly next: string | null;
  readonly results: readonly { readonly id: string; readonly name: string }[];
}
interface Following {
  readonly data: readonly { readonly id: string }[];
  readonly next_cursor: string | null;
}

/** Declares the tests; `app` is there by the time they run. */
export function describeBigLists(app: () => TestApp): void {
  const first = (query: string) =>
    get<Numbered>(app(), { version: 'v1', path: `/products?${query}`, token: undefined });

  it('every product is shown once, whichever way one pages', async () => {
    const query = 'category=mushrooms&ordering=-rating';
    const seen: string[] = [];
    let cursor = '';
    do {
      const path = `/products?${query}&limit=100${cursor}`;
      const page = await get<Following>(app(), { version: 'v2', path, token: undefined });
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    expect(seen.length).toBeGreaterThan(100);
    expect(new Set(seen).size).toBe(seen.length);
    expect((await first(query)).count).toBe(seen.length);
  });

  it('a kept count says what counting would', async () => {
    const { id: category_id } = await app()
      .services.db.selectFrom('categories')
      .select('id')
      .where('slug', '=', 'rice-corn')
      .executeTakeFirstOrThrow();
    const children = app()
      .services.db.selectFrom('categories')
      .select('id')
      .where((eb) => eb.or([eb('id', '=', category_id), eb('parent_id', '=', category_id)]));
    const { number } = await app()
      .services.db.selectFrom('product_listing')
      .select(({ fn }) => fn.countAll<number>().as('number'))
      .where('on_sale', '=', true)
      .where('category_id', 'in', children)
      .executeTakeFirstOrThrow();
    expect(number).toBeLessThan(MAX_COUNT);
    expect((await first('category=rice-corn')).count).toBe(number);
  });

  it('a count stops at its cap', async () => {
    expect(await first('')).toMatchObject({ count: MAX_COUNT, count_capped: true });
    expect(await first('in_stock=true')).toMatchObject({ count: MAX_COUNT, count_capped: true });
  });

  it('a search ranks at most 1,000 matches, the exact name first', async () => {
    expect((await first('search=harvest')).count).toBe(1_000);
    const { results } = await first('in_stock=true&page_size=1');
    const name = results[0]?.name ?? '';
    const found = await first(`search=${encodeURIComponent(name)}`);
    expect(found.results[0]?.name.toLowerCase()).toBe(name.toLowerCase());
  });
}
