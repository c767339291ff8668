// Access tokens: short-lived JWTs (RFC 9068) signed with Ed25519, and the keys that other parts derive from the secret.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { createDecoder, createSigner, createVerifier } from 'fast-jwt';
import type { Config } from '../config.ts';
import { newId } from '../lib/ids.ts';
import { type KeyRing, mapRing } from '../lib/keys/key-ring.ts';
import { Problem, TOKEN_EXPIRED, UNAUTHENTICATED } from '../lib/problem.ts';
import { MINUTE_MS, SECOND_MS } from '../lib/time.ts';
import { deriveKeys } from './derived-keys.ts';
import { sessionOfRefreshToken, signRefreshToken } from './refresh-tokens.ts';
import { loadSecrets, type Secrets } from './signing-keys.ts';

export const ACCESS_LIFETIME_MS = 15 * MINUTE_MS;
/** Names and not addresses: every process of an installation accepts the others' tokens, whatever its port. */
const ISSUER = 'freshbytes';
const AUDIENCE = 'freshbytes-api';
const TYPE = 'at+jwt';
const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp'];
/** A verification costs about 100 µs, a cached one 7. */
const VERIFIED_CACHE_SIZE = 10_000;

export interface AccessClaims {
  readonly user_id: string;
  readonly session_id: string;
}

export interface Tokens {
  /** A token for ACCESS_LIFETIME_MS from `now`. */
  signAccess(claims: AccessClaims & { readonly now: Date }): string;
  /**
   * Whose token it is; says nothing about whether the session still lives.
   * @throws Problem UNAUTHENTICATED, TOKEN_EXPIRED
   */
  verifyAccess(token: string, now: Date): AccessClaims;
  /** A fresh refresh token of a session: 256 random bits, and proof that we issued it. */
  signRefresh(session_id: string): string;
  /** The session that a refresh token of ours names, without a look into the database; says nothing about whether either lives. */
  sessionOfRefresh(refresh: string): string | undefined;
  /** The public keys (RFC 7517). */
  readonly jwks: { readonly keys: readonly object[] };
  /** Sign cursors. */
  readonly cursorSecrets: KeyRing<string>;
  /** 32 bytes each, the same for the same purpose on every process. */
  deriveKeys(purpose: 'second-factor' | 'payout-destination'): KeyRing<Buffer>;
}

interface VerifiedPayload {
  readonly sub: string;
  readonly sid: string;
  readonly nbf: number;
  readonly exp: number;
}

/** With the secrets that `config` names, or that development keeps. @throws ConfigError */
export async function loadTokens(config: Config): Promise<Tokens> {
  return createTokens(await loadSecrets(config));
}

export function createTokens({ privateKeys, appSecret }: Secrets): Tokens {
  const keys = privateKeys.map(createKey);
  const verifiers = new Map(keys.map(({ kid, verify }) => [kid, verify]));
  const decodeHeader = createDecoder({ complete: true });
  const sign = createAccessSigner(privateKeys[0]);
  const refreshKeys = deriveKeys(appSecret, 'refresh-token');

  return {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    cursorSecrets: mapRing(deriveKeys(appSecret, 'cursor'), (key) => key.toString('base64url')),
    deriveKeys: (purpose) => deriveKeys(appSecret, purpose),
    signRefresh: (session_id) => signRefreshToken(refreshKeys[0], session_id),
    sessionOfRefresh: (refresh) => sessionOfRefreshToken(refreshKeys, refresh),
    signAccess: ({ user_id, session_id, now }) => {
      const iat = Math.floor(now.getTime() / SECOND_MS);
      return sign({
        sub: user_id,
        sid: session_id,
        jti: newId(),
        iat,
        nbf: iat,
        exp: iat + ACCESS_LIFETIME_MS / SECOND_MS,
      });
    },
    verifyAccess: (token, now) => {
      const payload = verifySignature(token);
      if (now.getTime() >= payload.exp * SECOND_MS) {
        throw new Problem(
          TOKEN_EXPIRED,
          'Get a new token at POST /auth/login/refresh.',
          challenge('The token has expired'),
        );
      }
      if (now.getTime() < payload.nbf * SECOND_MS) throw badToken();
      return { user_id: payload.sub, session_id: payload.sid };
    },
  };

  function verifySignature(token: string): VerifiedPayload {
    try {
      const { header } = decodeHeader(token) as { header: { kid?: unknown } };
      const verify = verifiers.get(String(header.kid));
      if (verify !== undefined) return verify(token) as VerifiedPayload;
    } catch (cause) {
      throw badToken(cause);
    }
    throw badToken();
  }
}

/** One key's public half, and its verifier. Times are not its business: the cache must not outlive a moved clock. */
function createKey(privateKey: KeyObject) {
  const publicKey = createPublicKey(privateKey);
  const { kty, crv, x } = publicKey.export({ format: 'jwk' });
  const kid = keyId(privateKey);
  return {
    kid,
    jwk: { kty, crv, x, kid, use: 'sig', alg: 'EdDSA' },
    verify: createVerifier({
      key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      algorithms: ['EdDSA'],
      checkTyp: TYPE,
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      requiredClaims: REQUIRED_CLAIMS,
      ignoreExpiration: true,
      ignoreNotBefore: true,
      cache: VERIFIED_CACHE_SIZE,
    }),
  };
}

function createAccessSigner(privateKey: KeyObject): (payload: Record<string, unknown>) => string {
  return createSigner({
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    algorithm: 'EdDSA',
    kid: keyId(privateKey),
    iss: ISSUER,
    aud: AUDIENCE,
    header: { alg: 'EdDSA', typ: TYPE },
  });
}

/** The key's thumbprint (RFC 7638): the same key has the same id on every process. */
function keyId(privateKey: KeyObject): string {
  const { crv, kty, x } = createPublicKey(privateKey).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

function badToken(cause?: unknown): Problem {
  return new Problem(
    UNAUTHENTICATED,
    'This is not a valid access token: sign in at POST /auth/login.',
    {
      ...challenge('The token is not valid'),
      cause,
    },
  );
}

/** RFC 6750. */
export function challenge(description: string): { headers: Record<string, string> } {
  return {
    headers: {
      'www-authenticate': `Bearer error="invalid_token", error_description="${description}"`,
    },
  };
}
