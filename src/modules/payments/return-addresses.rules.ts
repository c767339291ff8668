// Where a customer's browser may go back to after the wallet: pages of listed origins only, or whoever makes a checkout link
// could send people anywhere under our name.
import type { Config } from '../../config.ts';
import { isLoopbackName } from '../../lib/network/loopback.ts';
import { invalidField } from '../../lib/problem.ts';

/** Of the settings. */
export type ReturnSettings = Pick<Config, 'PAYMENT_RETURN_ORIGINS' | 'isDevelopment'>;

/**
 * The address as URLs are written, or null where none is given.
 * @throws Problem VALIDATION_ERROR at `pointer` for an address whose origin is not allowed
 */
export function returnAddress(
  settings: ReturnSettings,
  given: string | undefined,
  pointer: string,
): string | null {
  if (given === undefined) return null;
  const url = URL.parse(given);
  const isPlain = url !== null && url.username === '' && url.password === '';
  if (isPlain && mayReturnTo(settings, url)) return url.href;
  const local = settings.isDevelopment ? ', or one of this machine' : '';
  throw invalidField(pointer, `must be of an origin that PAYMENT_RETURN_ORIGINS lists${local}`);
}

/** Listed origins are compared whole, with scheme and port; in development this machine's are allowed without a list. */
function mayReturnTo({ PAYMENT_RETURN_ORIGINS, isDevelopment }: ReturnSettings, url: URL): boolean {
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (isWeb && isDevelopment && isLoopbackName(url.host)) return true;
  const listed = (PAYMENT_RETURN_ORIGINS ?? '').split(',').map((origin) => origin.trim());
  return isWeb && listed.includes(url.origin);
}

/** The address with the order's id in its query, as `order_id`. */
export function addOrderId(address: string, order_id: string): string {
  const url = new URL(address);
  url.searchParams.set('order_id', order_id);
  return url.href;
}
