import { expect, it } from 'vitest';
import { appSecret } from './app-secret.ts';

it('is what was set', () => {
  expect(appSecret({ APP_SECRET: 'new,old' })).toBe('new,old');
});

it('is never made up: what is signed without one would be worth nothing', () => {
  expect(() => appSecret({})).toThrow('APP_SECRET is not set');
});
