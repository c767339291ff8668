// security.txt (RFC 9116): where to report a weakness.
import { DAY_MS, plusMs } from '../../lib/time.ts';

/** Less than a year, as the RFC recommends; a server that still answers still means it. */
const VALIDITY_MS = 180 * DAY_MS;

export function securityTxt(options: { contact: string; publicUrl: string; now: Date }): string {
  const expires = plusMs(options.now, VALIDITY_MS);
  // To the day, so that the file stays the same for caches.
  expires.setUTCHours(0, 0, 0, 0);
  return [
    `Contact: ${options.contact}`,
    `Expires: ${expires.toISOString()}`,
    'Preferred-Languages: en, fil',
    `Canonical: ${options.publicUrl}/.well-known/security.txt`,
    '',
  ].join('\n');
}
