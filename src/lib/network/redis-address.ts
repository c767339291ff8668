// What REDIS_URL may say: one server, or the Sentinels that know which of several servers leads at the moment.

const SENTINEL_SCHEME = 'redis+sentinel:';
const SENTINEL_PORT = 26_379;
const MAX_PORT = 65_535;
/** Not a URL by the standard, which knows one host only. */
const SENTINEL_ADDRESS =
  /^redis\+sentinel:\/\/(?::(?<password>[^:@/?#]+)@)?(?<hosts>[^@/?#]+)\/(?<name>[\w.-]+)$/;
const HOST = /^(?<host>[\w.-]+)(?::(?<port>\d{1,5}))?$/;

export interface Sentinels {
  readonly sentinels: { readonly host: string; readonly port: number }[];
  /** What they call the servers that they watch. */
  readonly name: string;
  /** Of Sentinels and servers alike. */
  readonly password?: string;
}

/** @returns undefined for the address of one server. @throws TypeError where it is malformed */
export function parseSentinels(url: string): Sentinels | undefined {
  if (!url.startsWith(SENTINEL_SCHEME)) return undefined;
  const { password, hosts, name } = SENTINEL_ADDRESS.exec(url)?.groups ?? {};
  if (hosts === undefined || name === undefined)
    throw new TypeError('Sentinels are named redis+sentinel://[:password@]host[:port],…/name');
  return {
    sentinels: hosts.split(',').map(parseHost),
    name,
    ...(password === undefined ? {} : { password: decodeURIComponent(password) }),
  };
}

/** Names and addresses that it leads to, without their ports; none where it is malformed. */
export function redisHosts(url: string): string[] {
  if (!isRedisAddress(url)) return [];
  const named = parseSentinels(url);
  return named === undefined ? [new URL(url).hostname] : named.sentinels.map(({ host }) => host);
}

export function isRedisAddress(url: string): boolean {
  try {
    return parseSentinels(url) !== undefined || URL.canParse(url);
  } catch {
    // What is wrong with it may be a secret.
    return false;
  }
}

function parseHost(text: string): { host: string; port: number } {
  const { host, port: given } = HOST.exec(text)?.groups ?? {};
  const port = given === undefined ? SENTINEL_PORT : Number(given);
  if (host === undefined || port < 1 || port > MAX_PORT)
    throw new TypeError('a Sentinel is named host or host:port');
  return { host, port };
}
