// Files of the docs pages: read or made on first use, then kept as one buffer for each encoding, which all answers share.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isNotModified } from '../answer/conditional.ts';
import { acceptedEncoding } from '../answer/content-encoding.ts';

const CACHE = 'public, max-age=0, must-revalidate';
const DIGEST_LENGTH = 16;

/** Bundles name maps that nobody ships; a browser would report each as missing. */
const SOURCE_MAP = /\n\/\/# sourceMappingURL=[^\n]*\s*$/;

interface Kept {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  readonly digest: string;
}

export interface DocsFile {
  readonly type: string;
  readonly content: () => Promise<Kept>;
}

/** `load` runs once, unless it fails. */
export function docsFile(type: string, load: () => Promise<string | Buffer>): DocsFile {
  let kept: Promise<Kept> | undefined;
  const content = () => {
    kept ??= keep(load).catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
  return { type, content };
}

/** Answers with the file as the client can take it, or 304 where the client has it. */
export async function sendDocsFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: DocsFile,
): Promise<FastifyReply> {
  const { plain, gzipped, digest } = await file.content();
  const takesGzip = acceptedEncoding(request.headers['accept-encoding'], ['gzip']) === 'gzip';
  const etag = takesGzip ? `"${digest}-gzip"` : `"${digest}"`;
  reply.headers({ 'cache-control': CACHE, vary: 'Accept-Encoding', etag });
  if (isNotModified(request.headers['if-none-match'], etag)) return reply.code(304).send();
  reply.type(file.type);
  if (!takesGzip) return reply.send(plain);
  return reply.header('content-encoding', 'gzip').send(gzipped);
}

async function keep(load: () => Promise<string | Buffer>): Promise<Kept> {
  const loaded = await load();
  const plain = typeof loaded === 'string' ? Buffer.from(loaded.replace(SOURCE_MAP, '\n')) : loaded;
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, DIGEST_LENGTH);
  return { plain, gzipped: await promisify(gzip)(plain), digest };
}
