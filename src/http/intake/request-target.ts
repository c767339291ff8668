// The target of a request and its Host, as HTTP has them (RFC 9112, section 3.2): one form for everything that reads
// addresses, and a refusal of what proxies and servers could each read in their own way.
import type { IncomingMessage } from 'node:http';
import { Problem, VALIDATION_ERROR } from '../../lib/problem.ts';

/** `GET http://host/path`: what clients send to proxies, and servers must take too. */
const ABSOLUTE = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/i;
/** A name or an address, and a port; nobody who signs in sends one in a URL. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/** Escapes of letters, digits and `-._~`, which mean what they stand for (RFC 3986, section 6.2.2.2). */
const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi;

/**
 * The address from its path on, the path with no escape that it does not need: caches, cursors and proxies' rules see one
 * spelling. Of an absolute one, the authority takes the place of the Host header, as it must.
 */
export function toOneForm(request: IncomingMessage): string {
  const url = toOriginForm(request);
  // Most addresses have no escape in their path.
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  if (!path.includes('%')) return url;
  return path.replace(NEEDLESS_ESCAPE, decodeURIComponent) + url.slice(path.length);
}

function toOriginForm(request: IncomingMessage): string {
  const { url = '/' } = request;
  if (url.startsWith('/')) return url;
  const { authority, rest = '' } = ABSOLUTE.exec(url)?.groups ?? {};
  if (authority === undefined) return url;
  request.headers.host = authority;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** @throws Problem VALIDATION_ERROR where the target has no path, or where Host is missing, given twice or malformed */
export function refuseStrangeTarget({ url, headers, rawHeaders, httpVersion }: IncomingMessage) {
  if (url === undefined || !url.startsWith('/'))
    throw new Problem(VALIDATION_ERROR, 'The address must begin with / or with http://.');
  const { host } = headers;
  if (host === undefined) {
    if (httpVersion === '1.1') throw new Problem(VALIDATION_ERROR, 'Send a Host header.');
    return;
  }
  if (!HOST.test(host))
    throw new Problem(
      VALIDATION_ERROR,
      'The Host header must be a name or an address, with a port at most.',
    );
  if (countHosts(rawHeaders) > 1)
    throw new Problem(VALIDATION_ERROR, 'Send one Host header, and no second one.');
}

/** Names and values alternate; Node keeps the first value alone in `headers`. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
