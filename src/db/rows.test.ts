import { expect, it } from 'vitest';
import { changedRows, onlyRow } from './rows.ts';

it('gives the row of a statement that has one', () => {
  expect(onlyRow({ rows: [{ number: 0 }] })).toEqual({ number: 0 });
});

it('throws where there is none, instead of making one up', () => {
  expect(() => onlyRow({ rows: [] })).toThrow('returned none');
});

it('counts what a statement changed; one that changes nothing has no number', () => {
  expect(changedRows({ rows: [], numAffectedRows: 3n })).toBe(3);
  expect(changedRows({ rows: [] })).toBe(0);
});
