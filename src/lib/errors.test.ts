import { describe, expect, it } from 'vitest';
import { codeOf, isCode, messageOf, recover } from './errors.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('the code', () => {
  it.each([
    ['a system error', refused, 'ECONNREFUSED'],
    ['an error without one', new Error('no'), undefined],
    ['a code that is a number', Object.assign(new Error('no'), { code: 7 }), undefined],
    ['an object that is no error', { code: 'ENOENT' }, undefined],
    ['nothing', undefined, undefined],
  ])('of %s', (_, error, code) => {
    expect(codeOf(error)).toBe(code);
  });

  it('is compared whole', () => {
    expect(isCode(refused, 'ECONNREFUSED')).toBe(true);
    expect(isCode(refused, 'ECONN')).toBe(false);
  });
});

describe('the message', () => {
  it.each([
    ['an error', refused, 'connect ECONNREFUSED'],
    ['text that was thrown', 'no', 'no'],
    ['nothing', undefined, 'undefined'],
    ['several addresses tried in vain', new AggregateError([refused]), 'AggregateError'],
    [
      'the same with a code',
      Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
  ])('of %s is never empty', (_, error, message) => {
    expect(messageOf(error)).toBe(message);
  });
});

describe('recovering', () => {
  it('resolves to the value where the error has one of the codes', async () => {
    expect(await Promise.reject(refused).catch(recover(7, 'ENOENT', 'ECONNREFUSED'))).toBe(7);
  });

  it.each([refused, new Error('no'), 'no'])(
    'throws %s on where it has none of them',
    async (error) => {
      await expect(Promise.reject(error).catch(recover(7, 'ENOENT'))).rejects.toBe(error);
    },
  );
});
