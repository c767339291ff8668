import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin, pageByName, withDescendants } from './categories.rules.ts';

const tree = [
  { id: 'food', parent_id: null },
  { id: 'vegetables', parent_id: 'food' },
  { id: 'leafy', parent_id: 'vegetables' },
  { id: 'fruit', parent_id: 'food' },
  { id: 'flowers', parent_id: null },
];

describe('the category tree', () => {
  it.each([
    ['leafy', 'food', true],
    ['leafy', 'leafy', true],
    ['food', 'leafy', false],
    ['flowers', 'food', false],
  ])('knows whether %s lies within %s', (id, ancestor, expected) => {
    expect(isWithin(tree, id, ancestor)).toBe(expected);
  });

  it('counts what lies below a category with the category', () => {
    const own = new Map([
      ['leafy', 3],
      ['vegetables', 2],
      ['fruit', 5],
    ]);
    expect(Object.fromEntries(withDescendants(tree, own))).toEqual({
      food: 10,
      vegetables: 5,
      leafy: 3,
      fruit: 5,
      flowers: 0,
    });
  });
});

describe('paging by name', () => {
  const names = fc.array(fc.record({ id: fc.uuid(), name: fc.string() }), { maxLength: 30 });

  it('shows every row once, in the same order, by number and by cursor', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), (rows, size) => {
        const all = pageByName(rows, { kind: 'number', page: 1, size: 100 }).rows;
        const numbered = Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
          pageByName(rows, { kind: 'number', page: i + 1, size }),
        );
        expect(numbered.flatMap((page) => page.rows)).toEqual(all);
        expect(
          numbered.every(
            (page, i) => page.hasMore === i < numbered.length - 1 && page.count === rows.length,
          ),
        ).toBe(true);
        const following = [];
        let page = pageByName(rows, { kind: 'cursor', size });
        following.push(...page.rows);
        while (page.hasMore) {
          page = pageByName(rows, { kind: 'cursor', size, after: page.last });
          following.push(...page.rows);
        }
        expect(following).toEqual(all);
      }),
    );
  });
});
