import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from './options.ts';

describe('the command line', () => {
  it('without arguments measures everything on ten thousand products', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ size: 'medium', withLarge: false, strict: false, rounds: 5 });
    expect(options.only).toEqual(expect.arrayContaining(['list', 'checkout', 'v2-deep']));
  });

  it('takes a choice of works, rounds and seconds', () => {
    const options = readOptions(['--only', 'list,checkout', '--rounds', '3', '--seconds=0.5']);
    expect(options).toMatchObject({ only: ['list', 'checkout'], rounds: 3, seconds: 0.5 });
  });

  it('adds a million products to the usual ones', () => {
    expect(readOptions(['--products', '1000000'])).toMatchObject({
      size: 'medium',
      withLarge: true,
    });
  });

  it.each([
    ['--only', 'lists'],
    ['--profile', 'latency'],
    ['--products', '5'],
    ['--rounds', '1.5'],
    ['--seconds', '0'],
    ['--fast'],
    ['list'],
  ])('refuses %s %s', (...args) => {
    expect(() => readOptions(args.filter(Boolean))).toThrow(UsageError);
  });
});
