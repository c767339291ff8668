// /products/:id/images: what sellers show of their products.
import { Type } from 'typebox';
import { SELLER_OR_ADMIN } from '../../../http/access.ts';
import { type AnyRoute, route } from '../../../http/route.ts';
import {
  CONFLICT,
  invalidField,
  SERVICE_UNAVAILABLE,
  UNSUPPORTED_MEDIA_TYPE,
} from '../../../lib/problem.ts';
import { Closed, Id, IdParams } from '../../../lib/schema.ts';
import { ownImageView, ProductImage } from '../../storefront/products.views.ts';
import type { ImageRow } from './images.queries.ts';
import * as images from './images.service.ts';

const Upload = Closed(
  {
    // Without a type: what the parser hands over is a Buffer. The documents say that it is a binary string.
    image: Type.Unsafe<Buffer | string>({
      contentMediaType: 'application/octet-stream',
      description:
        'JPEG, PNG or WebP, at most 5 MiB, 24 megapixels, 12,000 pixels a side and ten times as long as wide',
    }),
  },
  { title: 'ImageUpload' },
);

export const imageRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'addProductImage',
    method: 'POST',
    path: '/products/:id/images',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'Add an image',
    description:
      'At most 8 a product. The image is encoded anew without its metadata; its sizes are made within seconds.',
    params: IdParams,
    consumes: 'multipart/form-data',
    body: Upload,
    status: 201,
    returns: ProductImage,
    problems: [CONFLICT, UNSUPPORTED_MEDIA_TYPE, SERVICE_UNAVAILABLE],
    limit: 'upload',
    prepare: async (ctx, { params, body: { image } }) => {
      if (!Buffer.isBuffer(image)) throw invalidField('/image', 'must be a file');
      return images.prepareImage(ctx, params.id, image);
    },
    handle: async (ctx, { params, prepared }) =>
      ownImageView(shown(await images.addImage(ctx, params.id, prepared)), ctx),
  }),
  route({
    operationId: 'deleteProductImage',
    method: 'DELETE',
    path: '/products/:id/images/:image_id',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'Remove an image',
    params: Type.Object({ id: Id, image_id: Id }),
    status: 204,
    handle: (ctx, { params }) => images.removeImage(ctx, params.id, params.image_id),
  }),
];

function shown({ id, status }: ImageRow) {
  return { id, status: status as 'PROCESSING' | 'READY' | 'FAILED' };
}
