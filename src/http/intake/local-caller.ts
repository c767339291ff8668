// Whether a request comes from this very machine, and through no proxy but LOCAL_PROXY: what development's own pages ask for.
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import { isLoopbackName } from '../../lib/network/loopback.ts';

/** A proxy on this machine also connects from loopback; these give it away. */
const FORWARDING_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];
const LOOPBACK = /^127\.|^::1$/;
const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/;

/** Asked by that machine's name, too: a page of somebody whose domain points to 127.0.0.1 asks from here as well. */
export function isLocalCaller(
  { socket, headers }: FastifyRequest,
  { LOCAL_PROXY }: Pick<Config, 'LOCAL_PROXY'>,
): boolean {
  const address = (socket.remoteAddress ?? '').replace(IPV4_IN_IPV6, '');
  const isForwarded = FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
  // Only what is no browser sends no Host at all.
  const isAskedByName = headers.host === undefined || isLoopbackName(headers.host);
  return (LOOPBACK.test(address) || address === LOCAL_PROXY) && !isForwarded && isAskedByName;
}
