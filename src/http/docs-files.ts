// Files of the docs pages: read or made on first use, then kept compressed.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isNotModified } from './conditional.ts';
import { acceptedEncoding } from './content-encoding.ts';

const CACHE = 'public, max-age=0, must-revalidate';
const DIGEST_LENGTH = 16;

/** Bundles name maps that nobody ships; a browser would report each as missing. */
const SOURCE_MAP = /\n\/\/# sourceMappingURL=[^\n]*\s*$/;

interface Kept {
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
  const { gzipped, digest } = await file.content();
  const takesGzip = acceptedEncoding(request.headers['accept-encoding'], ['gzip']) === 'gzip';
  const etag = takesGzip ? `"${digest}-gzip"` : `"${digest}"`;
  reply.headers({ 'cache-control': CACHE, vary: 'Accept-Encoding', etag });
  if (isNotModified(request.headers['if-none-match'], etag)) return reply.code(304).send();
  reply.type(file.type);
  if (!takesGzip) return reply.send(await promisify(gunzip)(gzipped));
  return reply.header('content-encoding', 'gzip').send(gzipped);
}

async function keep(load: () => Promise<string | Buffer>): Promise<Kept> {
  const loaded = await load();
  const content =
    typeof loaded === 'string' ? Buffer.from(loaded.replace(SOURCE_MAP, '\n')) : loaded;
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, DIGEST_LENGTH);
  return { gzipped: await promisify(gzip)(content), digest };
}
