import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { createCategory, createProduct } from '../../../test/support/builders.ts';

let test: TestApp;
let seller: TestActor;

const PRODUCTS = [
  ['Ampalaya', 'Bitter and good, from Tarlac.', '60'],
  ['Bitter gourd chips', 'Crisp.', '90'],
  ['Kamatis', 'Red and ripe.', '80'],
  ['Kamatis cherry', 'Small ones.', '120'],
  ['Native tomatoes', 'For sauce.', '70'],
  ['Sauce base', 'Made with tomato, onion and garlic.', '150'],
  ['Pulang sibuyas', 'Strong.', '140'],
  ['White onion', 'Mild.', '110'],
  ['Piña', 'Sweet.', '95'],
  ['Sibuyas na pula', 'From Nueva Ecija.', '130'],
] as const;

beforeAll(async () => {
  test = await createTestApp();
  seller = await createActor(test, { role: 'seller' });
  const { id: category_id } = await createCategory(test, { name: 'Gulay' });
  for (const [name, description, price] of PRODUCTS) {
    await createProduct(test, seller, { name, description, price, category_id });
  }
  await createProduct(test, seller, { name: 'Kamatis draft', is_active: false, category_id });
});
afterAll(() => test.close());

async function search(text: string, query = ''): Promise<string[]> {
  const answer = await test.call({ path: `/products?search=${encodeURIComponent(text)}${query}` });
  expect(answer.statusCode).toBe(200);
  const { results, count } = answer.json();
  expect(count).toBe(results.length);
  return results.map((product: { name: string }) => product.name);
}

describe('what a search finds', () => {
  it.each([
    [
      'a word in either language',
      'tomato',
      ['Kamatis', 'Kamatis cherry', 'Native tomatoes', 'Sauce base'],
    ],
    [
      'a word in the plural',
      'tomatoes',
      ['Kamatis', 'Kamatis cherry', 'Native tomatoes', 'Sauce base'],
    ],
    ['a term of two words by its synonym', 'bitter gourd', ['Ampalaya', 'Bitter gourd chips']],
    ['a word by a synonym of two words', 'ampalaya', ['Ampalaya', 'Bitter gourd chips']],
    ['a third name of the same', 'bitter melon', ['Ampalaya', 'Bitter gourd chips']],
    ['a phrase with particles', 'sibuyas na pula', ['Pulang sibuyas', 'Sibuyas na pula']],
    ['the English of it', 'red onion', ['Pulang sibuyas', 'Sibuyas na pula']],
    ['without regard to case and accents', 'PINA', ['Piña']],
    ['with accents', 'piña', ['Piña']],
    [
      'the category',
      'gulay kamatis',
      ['Kamatis', 'Kamatis cherry', 'Native tomatoes', 'Sauce base'],
    ],
    ['several words of one product', 'cherry tomato', ['Kamatis cherry']],
    ['the beginning of a name', 'sibuyas n', ['Sibuyas na pula']],
    ['a misspelt name', 'ampalaia', ['Ampalaya']],
    ['another', 'kamatez', ['Kamatis', 'Kamatis cherry']],
    ['words that nothing has', 'motorcycle', []],
    ['words that no one product has together', 'cherry onion', []],
  ])('%s: %s', async (_what, text, expected) => {
    expect((await search(text)).sort()).toEqual(expected.toSorted());
  });

  it.each([
    "'; DROP TABLE products; --",
    'tomato & | ! ( ) : * <->',
    "a'b\\c",
    '!!!',
    '()',
    '%_%',
    '😀',
    '& & &',
    '\\',
    'the',
    ':*',
    '"quoted" words',
    'x'.repeat(100),
  ])('%s never breaks it', async (text) => {
    expect(Array.isArray(await search(text))).toBe(true);
  });

  it('punctuation around a word changes nothing', async () => {
    expect(await search('(tomato)!')).toEqual(await search('tomato'));
  });

  it('nothing but punctuation finds nothing, without asking the database', async () => {
    test.statements.length = 0;
    expect(await search('?!')).toEqual([]);
    expect(test.statements).toEqual([]);
  });
});

describe('the order of what is found', () => {
  it('is the exact name, names that begin so, then by how well the text matches', async () => {
    expect((await search('kamatis')).slice(0, 2)).toEqual(['Kamatis', 'Kamatis cherry']);
    expect((await search('kamatis')).at(-1)).toBe('Sauce base');
    expect((await search('ampalaya'))[0]).toBe('Ampalaya');
  });

  it('is the one that was requested', async () => {
    expect(await search('tomato', '&ordering=price')).toEqual([
      'Native tomatoes',
      'Kamatis',
      'Kamatis cherry',
      'Sauce base',
    ]);
    expect(await search('tomato', '&ordering=-name')).toEqual([
      'Sauce base',
      'Native tomatoes',
      'Kamatis cherry',
      'Kamatis',
    ]);
  });

  it('is the same in pages by number and by cursor', async () => {
    const all = await search('tomato');
    const numbered = [];
    for (const page of [1, 2, 3, 4]) {
      const answer = (
        await test.call({ path: `/products?search=tomato&page_size=1&page=${page}` })
      ).json();
      expect(answer.count).toBe(4);
      numbered.push(answer.results[0].name);
    }
    const followed = [];
    let cursor = '';
    for (let has_more = true; has_more; ) {
      const page = (
        await test.call({ path: `/api/v2/products?search=tomato&limit=1${cursor}` })
      ).json();
      followed.push(page.data[0].name);
      cursor = `&cursor=${page.next_cursor}`;
      ({ has_more } = page);
    }
    expect([numbered, followed]).toEqual([all, all]);
  });
});

describe('search beside filters', () => {
  it('finds only what passes both', async () => {
    expect(await search('tomato', '&price_max=75')).toEqual(['Native tomatoes']);
    expect(await search('tomato', '&category=gulay&price_min=100&ordering=price')).toEqual([
      'Kamatis cherry',
      'Sauce base',
    ]);
    expect(await search('tomato', '&category=nowhere')).toEqual([]);
  });
});
