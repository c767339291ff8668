import { describe, expect, it } from 'vitest';
import { isRedisAddress, parseSentinels } from './redis-address.ts';

const TWO = 'redis+sentinel://:s%40ltandpepper@one.example.com:26380,two.example.com/freshbytes';

describe('the address of Redis', () => {
  it('may name Sentinels, with their ports, their password and what they watch', () => {
    expect(parseSentinels(TWO)).toEqual({
      sentinels: [
        { host: 'one.example.com', port: 26_380 },
        { host: 'two.example.com', port: 26_379 },
      ],
      name: 'freshbytes',
      password: 's@ltandpepper',
    });
  });

  it('may do without a password', () => {
    expect(parseSentinels('redis+sentinel://10.0.0.1/main')).toEqual({
      sentinels: [{ host: '10.0.0.1', port: 26_379 }],
      name: 'main',
    });
  });

  it.each(['redis://redis.example.com:6379', 'rediss://:secret@redis.example.com/1', TWO])(
    'is taken as %s',
    (url) => {
      expect(isRedisAddress(url)).toBe(true);
    },
  );

  it('of one server names no Sentinels', () => {
    expect(parseSentinels('redis://redis.example.com:6379')).toBeUndefined();
  });

  it.each([
    'redis+sentinel://one.example.com:26379',
    'redis+sentinel:///name',
    'redis+sentinel://one,,two/name',
    'redis+sentinel://one:0/name',
    'redis+sentinel://one:99999/name',
    'redis+sentinel://:%zz@one/name',
    'redis+sentinel://one/name?db=1',
    'redis://:password@host:99999',
  ])('is refused as %s', (url) => {
    expect(isRedisAddress(url)).toBe(false);
  });
});
