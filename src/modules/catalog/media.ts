// Image bytes over HTTP: the parser that takes uploads, and GET /media, which serves every size from the storage.
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { FileStorage } from '../../gateways/storage.ts';
import { Id, OneOf } from '../../http/schema.ts';
import { notFound, Problem, UNSUPPORTED_MEDIA_TYPE } from '../../lib/problem.ts';
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
    // Before the plugin's own, which takes what it cannot part for a fault of ours.
    scope.addHook('preValidation', async ({ headers }) => requireBoundary(headers['content-type']));
    await scope.register(multipart, { attachFieldsToBody: 'keyValues', limits: UPLOAD_LIMITS });
    mountRoutes(scope);
  });
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
  'cache-control': 'public, max-age=31536000, immutable',
  'x-content-type-options': 'nosniff',
  'content-disposition': 'inline',
  // Shops on other origins show these.
  'cross-origin-resource-policy': 'cross-origin',
};

/** GET /media/{image_id}/{size}, without a version: addresses of images outlive versions. */
export function registerMedia(app: FastifyInstance, storage: FileStorage): void {
  const params = Type.Object({ image_id: Id, size: OneOf(IMAGE_SIZES) });
  app.get<{ Params: { image_id: string; size: ImageSize } }>(
    '/media/:image_id/:size',
    { schema: { params }, config: { limited: { limit: 'media' } } },
    async (request, reply) => {
      const { image_id, size } = request.params;
      const content = await storage.get(sizeKey(image_id.toLowerCase(), size));
      if (content === undefined) throw notFound('image');
      return reply.headers(MEDIA_HEADERS).send(content);
    },
  );
}
