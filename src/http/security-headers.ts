// Security headers: constant, so they are one frozen object written by one hook.
import type { FastifyInstance } from 'fastify';

const API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export function securityHeaders(isProduction: boolean): Readonly<Record<string, string>> {
  return Object.freeze({
    'content-security-policy': API_CSP,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(isProduction
      ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains; preload' }
      : {}),
  });
}

export function registerSecurityHeaders(app: FastifyInstance, isProduction: boolean): void {
  const headers = securityHeaders(isProduction);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}
