// What is wrong with settings beyond the form of each: sentences for people, without any value.
import { isIP } from 'node:net';
import { keyRing } from '../lib/keys/key-ring.ts';
import { parseSigningKey } from '../lib/keys/signing-key.ts';
import { isRedisAddress } from '../lib/network/redis-address.ts';
import { isNetworkList, isOriginList, isPlaceholder, isReturnOriginList } from './forms.ts';
import type { Marks } from './kinds.ts';
import { storageFaults } from './storage.ts';
import { transportFaults } from './transport.ts';

type Given = Readonly<Record<string, string>>;

/** What fits its pattern and still is none: a port of 99999 in an address, say. */
export function valueFaults(given: Given): string[] {
  const faults = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'SENTRY_DSN'].flatMap((name) => {
    const address = given[name];
    return address === undefined || URL.canParse(address) ? [] : [`${name} is not an address`];
  });
  const redis = given['REDIS_URL'];
  if (redis !== undefined && !isRedisAddress(redis)) faults.push('REDIS_URL is not an address');
  if (given['DATABASE_REPLICA_URL'] !== undefined && given['DATABASE_URL'] === undefined)
    faults.push('DATABASE_REPLICA_URL needs DATABASE_URL: the leader that it is a replica of');
  const proxies = given['TRUST_PROXY'];
  if (proxies !== undefined && !isNetworkList(proxies))
    faults.push(
      'TRUST_PROXY must list addresses and networks such as 10.0.0.2, 10.244.0.0/16, loopback: whom to believe, and never everybody',
    );
  const localProxy = given['LOCAL_PROXY'];
  if (localProxy !== undefined && isIP(localProxy) === 0)
    faults.push('LOCAL_PROXY must be one address, such as 10.213.1.2');
  const origins = given['CORS_ORIGINS'];
  if (origins !== undefined && !isOriginList(origins))
    faults.push(
      'CORS_ORIGINS must list origins such as https://market.freshbytes.ph, comma-separated: scheme and host, the port if it is not the usual one, no path, no wildcard',
    );
  const returns = given['PAYMENT_RETURN_ORIGINS'];
  if (returns !== undefined && !isReturnOriginList(returns, given['NODE_ENV'] === 'production'))
    faults.push(
      'PAYMENT_RETURN_ORIGINS must list origins such as https://market.freshbytes.ph, comma-separated: scheme and host, the port if it is not the usual one, no path; http only for this machine, and not in production',
    );
  const keys = given['JWT_PRIVATE_KEYS'];
  if (keys !== undefined && keyRing(keys).some((key) => parseSigningKey(key) === undefined))
    faults.push(
      'JWT_PRIVATE_KEYS must hold Ed25519 private keys: PKCS #8, base64 of the DER, comma-separated',
    );
  return [...faults, ...storageFaults(given)];
}

/** What production demands and nobody gave. */
export function missingFaults(
  settings: readonly (Marks & { readonly name: string })[],
  isMissing: (name: string) => boolean,
): string[] {
  return settings.flatMap(({ name, production }) =>
    production !== undefined && isMissing(name) ? [`${name} is missing: ${production}`] : [],
  );
}

/** Of random characters even sixteen hold more different ones. */
const MIN_DIFFERENT_CHARACTERS = 12;
const isWeak = (secret: string) => new Set(secret).size < MIN_DIFFERENT_CHARACTERS;

export function productionFaults(given: Given): string[] {
  const faults = ['APP_SECRET', 'AUDIT_SEAL_SECRETS', 'METRICS_TOKEN'].flatMap((name) => {
    const list = given[name];
    return list !== undefined && keyRing(list).some(isWeak)
      ? [`${name} holds a weak secret: too few different characters`]
      : [];
  });
  if (given['LOCAL_PROXY'] !== undefined)
    faults.push('LOCAL_PROXY must not be set: it shows development pages to whoever it passes on');
  if (given['RATE_LIMITS'] === 'off') faults.push('RATE_LIMITS must not be off');
  if (given['PAYMENT_PROVIDER'] === 'simulator')
    faults.push('PAYMENT_PROVIDER must not be simulator');
  if (given['PUBLIC_URL'] !== undefined && !given['PUBLIC_URL'].startsWith('https://'))
    faults.push('PUBLIC_URL must begin with https://');
  const sendsSms = given['SMS_PROVIDER'] !== 'none';
  if (sendsSms && given['SEMAPHORE_API_KEY'] === undefined)
    faults.push('SEMAPHORE_API_KEY is missing: codes are sent by SMS, unless SMS_PROVIDER=none');
  const used = Object.entries(given).filter(([name]) => sendsSms || name !== 'SEMAPHORE_API_KEY');
  for (const [name, value] of used)
    if (isPlaceholder(value)) faults.push(`${name} still holds a placeholder of the documentation`);
  return [...faults, ...transportFaults(given)];
}
