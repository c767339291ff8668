// Answers as clients want them packed: each variant of a kept answer is compressed once and then sent as it is.
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import negotiate from '@fastify/accept-negotiator';
import type { CachedAnswer } from '../../cache/answer.ts';
import { etagOf } from './conditional.ts';

type Encoding = 'br' | 'gzip' | 'identity';

/** Below this size compressing saves no packet. */
const MIN_COMPRESSED_BYTES = 1_024;
/** Beyond this quality Brotli takes several times as long for a few percent. */
const BROTLI_QUALITY = 5;

const pack: Readonly<Record<Encoding, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) =>
    promisify(brotliCompress)(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
    }),
  gzip: (body) => promisify(gzip)(body),
  identity: async (body) => body,
};

/** An answer in one encoding, with the headers that follow from it. */
export interface Variant {
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What an `Accept-Encoding` header likes best of `offered`, the first of those that it likes the same. */
export function acceptedEncoding(
  header: string | string[] | undefined,
  offered: readonly Exclude<Encoding, 'identity'>[] = ['br', 'gzip'],
): Encoding {
  if (typeof header !== 'string') return 'identity';
  // The negotiator compares names as they stand; content codings are the same in every case (RFC 9110).
  return negotiate<Encoding>(header.toLowerCase(), [...offered, 'identity']) ?? 'identity';
}

/** Lives and dies with the answers themselves. */
const variants = new WeakMap<CachedAnswer, Map<Encoding, Variant | Promise<Variant>>>();

/** The answer as `accepted` takes it; made on first use, compressed off the main thread. */
export function variantOf(answer: CachedAnswer, accepted: Encoding): Variant | Promise<Variant> {
  const encoding = answer.body.length < MIN_COMPRESSED_BYTES ? 'identity' : accepted;
  const known = variants.get(answer) ?? new Map<Encoding, Variant | Promise<Variant>>();
  variants.set(answer, known);
  const made = known.get(encoding);
  if (made !== undefined) return made;
  const making = makeVariant(answer, encoding);
  known.set(encoding, making);
  making.then(
    (variant) => known.set(encoding, variant),
    () => known.delete(encoding),
  );
  return making;
}

async function makeVariant(answer: CachedAnswer, encoding: Encoding): Promise<Variant> {
  const body = await pack[encoding](answer.body);
  const etag = etagOf(answer.version, body);
  const packed = encoding === 'identity' ? {} : { 'content-encoding': encoding };
  return { etag, headers: Object.freeze({ ...answer.headers, ...packed, etag }), body };
}
