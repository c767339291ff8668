// Whether a request comes from this very machine and through no proxy: what development's own pages ask for.
import type { FastifyRequest } from 'fastify';

/** A proxy on this machine also connects from loopback; these give it away. */
const FORWARDING_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];
const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

export function isLocalCaller({ socket, headers }: FastifyRequest): boolean {
  const isForwarded = FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
  return LOOPBACK.test(socket.remoteAddress ?? '') && !isForwarded;
}
