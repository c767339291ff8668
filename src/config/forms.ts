// Forms of settings that are lists of addresses, and what the documentation shows in place of real values.
import { isIP } from 'node:net';
import { isLoopbackName } from '../lib/network/loopback.ts';

const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** Whether a text names networks as `TRUST_PROXY` has them: addresses, CIDR networks and named ones, comma-separated. */
export function isNetworkList(text: string): boolean {
  return text.split(',').every((part) => isNetwork(part.trim()));
}

function isNetwork(text: string): boolean {
  if (NAMED_NETWORKS.includes(text)) return true;
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = ADDRESS_BITS[isIP(address)];
  if (bits === undefined || rest.length > 0) return false;
  // A network of all addresses would believe everybody.
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}

/** Whether a text names origins as browsers send them: scheme, host and a port that is not the scheme's own. */
export function isOriginList(text: string): boolean {
  return text.split(',').every((part) => isOrigin(part.trim()));
}

/** Whether these are origins over HTTPS, or outside production of this machine: where a browser may be sent. */
export function isReturnOriginList(text: string, isProduction: boolean): boolean {
  const isSafe = (origin: string) =>
    origin.startsWith('https:') || (!isProduction && isLoopbackName(new URL(origin).host));
  return isOriginList(text) && text.split(',').every((part) => isSafe(part.trim()));
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  return isWeb && url.origin === text && !text.includes('*');
}

/** Domains that belong to nobody (RFC 2606, RFC 6761), and the words that stand for what is to be put in. */
const PLACEHOLDER =
  /\bexample\.(?:com|net|org)\b|\.(?:test|example|invalid)(?![\w.-])|put-the-real-|\b(?:change|replace)[-_]?me\b/i;

export function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text);
}
