import { expect, it } from 'vitest';
import { securityHeaders } from './security-headers.ts';

const HSTS = 'strict-transport-security';

it('requires HTTPS for a year, subdomains included, and preloading only where configured', () => {
  const production = (HSTS_PRELOAD: 'on' | 'off') =>
    securityHeaders({ isProduction: true, HSTS_PRELOAD })[HSTS];
  expect(production('off')).toBe('max-age=31536000; includeSubDomains');
  expect(production('on')).toBe('max-age=31536000; includeSubDomains; preload');
});

it('requires nothing that a development machine could not keep', () => {
  const headers = securityHeaders({ isProduction: false, HSTS_PRELOAD: 'on' });
  expect(headers).not.toHaveProperty(HSTS);
});
