// Whether what leaves this machine is encrypted, and sent to whom it is meant for: production's demand on addresses of mail
// server, Redis, PostgreSQL and S3. Each has a setting of its own for private networks that do without.
import { isLoopbackName } from '../lib/network/loopback.ts';
import { redisHosts } from '../lib/network/redis-address.ts';

type Given = Readonly<Record<string, string>>;

interface TransportRule {
  readonly addresses: readonly string[];
  /** `off` where the network itself is trusted. */
  readonly setting: string;
  readonly isSafe: (address: string) => boolean;
  readonly demand: string;
}

const RULES: readonly TransportRule[] = [
  {
    addresses: ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'],
    setting: 'DATABASE_TLS',
    isSafe: isSafeDatabase,
    demand: 'add sslmode=verify-full (with sslrootcert=<file> for an authority of your own)',
  },
  {
    addresses: ['REDIS_URL'],
    setting: 'REDIS_TLS',
    isSafe: isSafeRedis,
    demand: 'begin it with rediss://',
  },
  {
    addresses: ['S3_ENDPOINT'],
    setting: 'S3_TLS',
    isSafe: isSafeWeb,
    demand: 'begin it with https://',
  },
  {
    addresses: ['SMTP_URL'],
    setting: 'SMTP_TLS',
    isSafe: isSafeMail,
    demand:
      'begin it with smtps://, or add requireTLS=true for STARTTLS, and leave certificates checked',
  },
];

/** Sentences on every address to another machine that is not encrypted, or whose server could be anybody. */
export function transportFaults(given: Given): string[] {
  return RULES.flatMap(({ addresses, setting, isSafe, demand }) =>
    addresses.flatMap((name) => {
      const address = given[name];
      if (address === undefined || given[setting] === 'off' || isSafe(address)) return [];
      return [
        `${name} leads to another machine without verified TLS: ${demand}. On a private network that needs none: ${setting}=off`,
      ];
    }),
  );
}

/** As the driver reads it: `host` among the parameters counts before the one in front, and a path is a socket. */
function isSafeDatabase(address: string): boolean {
  const url = parse(address.replace('@/', '@localhost/'));
  if (url === undefined) return false;
  const host = url.searchParams.get('host') || url.hostname;
  if (host === '' || decodeURIComponent(host).startsWith('/')) return true;
  // Of the driver's modes this one alone means the same to PostgreSQL's own programs, which read the address too.
  return isLoopbackName(host) || url.searchParams.get('sslmode') === 'verify-full';
}

function isSafeRedis(address: string): boolean {
  return address.startsWith('rediss:') || redisHosts(address).every(isLoopbackName);
}

function isSafeWeb(address: string): boolean {
  const url = parse(address);
  return url?.protocol === 'https:' || (url !== undefined && isLoopbackName(url.hostname));
}

function isSafeMail(address: string): boolean {
  const url = parse(address);
  if (url === undefined || !['smtp:', 'smtps:'].includes(url.protocol)) return false;
  if (isLoopbackName(url.hostname)) return true;
  const option = (name: string) => url.searchParams.get(name);
  // The mail client skips STARTTLS where `ignoreTLS` is set, whatever else is.
  const hasStartTls = option('requireTLS') === 'true' && option('ignoreTLS') !== 'true';
  const isEncrypted = url.protocol === 'smtps:' || hasStartTls;
  return isEncrypted && option('tls.rejectUnauthorized') !== 'false';
}

function parse(address: string): URL | undefined {
  return URL.parse(address.trim()) ?? undefined;
}
