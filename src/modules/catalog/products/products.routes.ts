// What sellers do with their products: make, change, remove and restore them.
import { Type } from 'typebox';
import { SELLER_OR_ADMIN } from '../../../http/access.ts';
import { type AnyRoute, route } from '../../../http/route.ts';
import { CONFLICT, LIMIT_REACHED, NOT_FOUND, STALE_VERSION } from '../../../lib/problem.ts';
import { UNITS } from '../../../lib/quantity.ts';
import {
  Closed,
  Description,
  Id,
  IdParams,
  Line,
  Model,
  Nullable,
  OneOf,
  Patch,
  Price,
} from '../../../lib/schema.ts';
import { SellerProduct, sellerProductView } from '../../storefront/products.views.ts';
import { getSellerProduct } from '../../storefront/storefront.service.ts';
import { examples } from '../catalog.examples.ts';
import * as products from './products.service.ts';

const MAX_SHELF_LIFE_DAYS = 3_650;
const MAX_HANDLING_HOURS = 720;

const ProductFields = {
  name: Line(120, { examples: ['Native tomatoes'] }),
  category_id: Id,
  description: Description(5_000, { examples: ['Vine-ripened, picked this morning.'] }),
  unit: OneOf('Unit', UNITS, {
    description: 'All but `kg` and `g` are sold in whole numbers. Fixed once the product exists',
  }),
  price: Price,
  shelf_life_days: Type.Integer({
    minimum: 1,
    maximum: MAX_SHELF_LIFE_DAYS,
    description: 'Of lots received from now on',
    examples: [7],
  }),
  handling_hours: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_HANDLING_HOURS,
      description: '0 by default: the time until it reaches the customer',
    }),
  ),
  sku: Type.Optional(
    Nullable(Line(64, { description: 'Unique among your products', examples: ['KAM-001'] })),
  ),
  srp: Type.Optional(
    Nullable(
      Type.String({
        ...Price,
        description: 'Suggested retail price, 0.01 to 999999.99, up to two places',
      }),
    ),
  ),
  tax_class: Type.Optional(
    OneOf('TaxClass', products.TAX_CLASSES, {
      description: '`VAT_EXEMPT` by default: produce in its original state',
    }),
  ),
  origin: Type.Optional(Nullable(Line(120, { examples: ['La Trinidad, Benguet'] }))),
  is_active: Type.Optional(
    Type.Boolean({ description: 'True by default; false keeps it a draft' }),
  ),
};
const ProductInput = Model(
  'ProductInput',
  Closed({
    ...ProductFields,
    seller_id: Type.Optional(
      Type.String({ ...Id, description: 'For admins, who must say whose product it is' }),
    ),
  }),
  examples.ProductInput,
);
const ProductPatch = Model('ProductPatch', Patch(Closed(ProductFields)), examples.ProductPatch);

export const productRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'createProduct',
    method: 'POST',
    path: '/products',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'Create a product',
    description: 'It is on sale once its seller is verified, and in stock once a lot is received.',
    body: ProductInput,
    status: 201,
    returns: SellerProduct,
    problems: [NOT_FOUND, CONFLICT, LIMIT_REACHED],
    handle: async (ctx, { body }) => {
      const { id } = await products.createProduct(ctx, body);
      return sellerProductView(await getSellerProduct(ctx, id), ctx);
    },
  }),
  route({
    operationId: 'updateProduct',
    method: 'PATCH',
    path: '/products/:id',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'Change a product',
    params: IdParams,
    body: ProductPatch,
    status: 200,
    returns: SellerProduct,
    problems: [CONFLICT, STALE_VERSION],
    handle: async (ctx, { params, body, expected }) => {
      const { id } = await products.changeProduct(ctx, { id: params.id, changes: body, expected });
      return sellerProductView(await getSellerProduct(ctx, id), ctx);
    },
  }),
  route({
    operationId: 'deleteProduct',
    method: 'DELETE',
    path: '/products/:id',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'Remove a product',
    description: 'Takes it off sale; it can be restored.',
    params: IdParams,
    status: 204,
    problems: [STALE_VERSION],
    handle: (ctx, { params, expected }) => products.removeProduct(ctx, params.id, expected),
  }),
  route({
    operationId: 'restoreProduct',
    method: 'POST',
    path: '/products/:id/restore',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'Restore a removed product',
    params: IdParams,
    status: 200,
    returns: SellerProduct,
    problems: [CONFLICT, LIMIT_REACHED],
    handle: async (ctx, { params }) => {
      const { id } = await products.restoreProduct(ctx, params.id);
      return sellerProductView(await getSellerProduct(ctx, id), ctx);
    },
  }),
];
