import { expect, it } from 'vitest';
import { securityHeaders } from './security-headers.ts';

const HSTS = 'strict-transport-security';

it('asks for HTTPS for a year, subdomains included, and only where it is told to for preloading', () => {
  const production = (HSTS_PRELOAD: 'on' | 'off') =>
    securityHeaders({ isProduction: true, HSTS_PRELOAD })[HSTS];
  expect(production('off')).toBe('max-age=31536000; includeSubDomains');
  expect(production('on')).toBe('max-age=31536000; includeSubDomains; preload');
});

it('asks for nothing that a development machine could not keep', () => {
  const headers = securityHeaders({ isProduction: false, HSTS_PRELOAD: 'on' });
  expect(headers).not.toHaveProperty(HSTS);
});
