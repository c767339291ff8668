// Image bytes over HTTP: the parser that takes uploads, and GET /media, which serves every size from the storage.
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PRODUCTS, SELLERS } from '../../../cache/tags.ts';
import type { OutsideCtx } from '../../../context.ts';
import { isNotModified } from '../../../http/answer/conditional.ts';
import {
  notFound,
  Problem,
  UNSUPPORTED_MEDIA_TYPE,
  VALIDATION_ERROR,
} from '../../../lib/problem.ts';
import { Closed, Id, OneOf } from '../../../lib/schema.ts';
import { isSigned, type Signed } from './image-addresses.rules.ts';
import { findImageStanding } from './images.queries.ts';
import { IMAGE_SIZES, type ImageSize, MAX_IMAGE_BYTES, sizeKey } from './images.rules.ts';

const MULTIPART = /^\s*multipart\/form-data\b/i;
const BOUNDARY = /;\s*boundary=\s*[^\s;]/i;

/** One file and nothing beside it. */
const UPLOAD_LIMITS = { fileSize: MAX_IMAGE_BYTES, files: 1, fields: 0, parts: 1 };

/** Gives the routes that `mountRoutes` adds, and no others, a multipart body: `{ <part name>: Buffer }`. */
export async function registerUploads(
  api: FastifyInstance,
  mountRoutes: (scope: FastifyInstance) => void,
): Promise<void> {
  await api.register(async (scope) => {
    scope.addHook('preValidation', async ({ headers }) => requireBoundary(headers['content-type']));
    await scope.register(multipart, { limits: UPLOAD_LIMITS });
    scope.addHook('preValidation', async (request) => {
      if (request.isMultipart()) request.body = await readParts(request);
    });
    mountRoutes(scope);
  });
}

/** A text or a file by the name of its part. */
async function readParts(request: FastifyRequest): Promise<Record<string, unknown>> {
  const parts: [string, unknown][] = [];
  try {
    for await (const part of request.parts()) {
      parts.push([part.fieldname, part.type === 'file' ? await part.toBuffer() : part.value]);
    }
  } catch (error) {
    throw unreadable(error);
  }
  return Object.fromEntries(parts);
}

/** The parser's own refusals carry a status; whatever else it throws is about bytes that are no multipart. */
function unreadable(error: unknown): unknown {
  if (error instanceof Error && 'statusCode' in error) return error;
  return new Problem(
    VALIDATION_ERROR,
    'The body is not multipart/form-data as its boundary says: it breaks off, or a part is malformed.',
    { cause: error },
  );
}

function requireBoundary(contentType: string | undefined): void {
  if (contentType === undefined || !MULTIPART.test(contentType) || BOUNDARY.test(contentType))
    return;
  throw new Problem(
    UNSUPPORTED_MEDIA_TYPE,
    'Send multipart/form-data with a boundary, as form libraries do when they set the type themselves.',
  );
}

const MEDIA_HEADERS = {
  'content-type': 'image/webp',
  'x-content-type-options': 'nosniff',
  'content-disposition': 'inline',
  // Web frontends on other origins show these.
  'cross-origin-resource-policy': 'cross-origin',
};

/** Bytes at an address never change, so who may have them may keep them; caches that many share ask again each day. */
const PUBLIC = 'public, max-age=31536000, s-maxage=86400, immutable';
/** A draft, or what was taken off sale: for its owner alone, and asked for again each time. */
const OWN = 'private, no-cache';

/** GET /media/{image_id}/{size}, without a version: addresses of images outlive versions. */
export function registerMedia(app: FastifyInstance): void {
  const params = Type.Object({ image_id: Id, size: OneOf('ImageSize', IMAGE_SIZES) });
  const querystring = Closed({
    until: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    signature: Type.Optional(Type.String({ maxLength: 64 })),
  });
  app.get<{ Params: { image_id: string; size: ImageSize }; Querystring: Signed }>(
    '/media/:image_id/:size',
    { schema: { params, querystring }, config: { limited: { limit: 'media' } } },
    async (request, reply) => {
      const { ctx, query } = request;
      const { size } = request.params;
      const image_id = request.params.image_id.toLowerCase();
      const isPublic = await isPublicImage(ctx, image_id);
      if (!isPublic && !isSigned(ctx.config, image_id, { ...query, now: ctx.clock.now() }))
        throw notFound('image');
      const etag = `"${image_id}-${size}"`;
      const caching = { 'cache-control': isPublic ? PUBLIC : OWN, etag };
      if (isNotModified(request.headers['if-none-match'], etag))
        return reply.headers(caching).code(304).send();
      const content = await ctx.gateways.storage.get(sizeKey(image_id, size));
      if (content === undefined) throw notFound('image');
      return reply.headers({ ...caching, ...MEDIA_HEADERS }).send(content);
    },
  );
}

/** Known for some seconds, and forgotten at once where a product or a seller changes. */
async function isPublicImage(ctx: OutsideCtx, image_id: string): Promise<boolean> {
  const standing = await ctx.cache.get({
    key: `/media/${image_id}`,
    tags: [PRODUCTS, SELLERS],
    load: async () => {
      const found = await findImageStanding(ctx.db, image_id);
      return { headers: {}, body: found?.is_public === true ? YES : NO, version: 0 };
    },
  });
  return standing.body.equals(YES);
}

const YES = Buffer.from('1');
const NO = Buffer.from('0');
