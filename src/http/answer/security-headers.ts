// Security headers: constant, so they are one frozen object written by one hook.
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config.ts';

const API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const HSTS = 'max-age=31536000; includeSubDomains';

export type HeaderSettings = Pick<Config, 'isProduction' | 'HSTS_PRELOAD'>;

export function securityHeaders({
  isProduction,
  HSTS_PRELOAD,
}: HeaderSettings): Readonly<Record<string, string>> {
  return Object.freeze({
    'content-security-policy': API_CSP,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(isProduction
      ? { 'strict-transport-security': HSTS_PRELOAD === 'on' ? `${HSTS}; preload` : HSTS }
      : {}),
  });
}

export function registerSecurityHeaders(app: FastifyInstance, settings: HeaderSettings): void {
  const headers = securityHeaders(settings);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}
