// CORS: off unless origins are listed. Tokens travel in a header, so credentials are never allowed.
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

const PREFLIGHT_SECONDS = 600;
/** What a browser's code may read beside the safelisted headers. */
const EXPOSED = [
  'Deprecation',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Sunset',
  'X-Request-Id',
];

export function registerCors(app: FastifyInstance, { CORS_ORIGINS }: Config): void {
  if (CORS_ORIGINS === undefined) return;
  app.register(cors, {
    origin: CORS_ORIGINS.split(',').map((origin) => origin.trim()),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Traceparent',
      'X-Request-Id',
    ],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  });
}
