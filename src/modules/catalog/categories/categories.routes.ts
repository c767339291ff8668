// /categories: the tree that products hang on.
import { Type } from 'typebox';
import { CATEGORIES, PRODUCT_COUNTS } from '../../../cache/tags.ts';
import { mapPage } from '../../../db/paging/paging.ts';
import { ADMIN, ANYONE } from '../../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../../http/route.ts';
import { CONFLICT } from '../../../lib/problem.ts';
import {
  Closed,
  Description,
  Id,
  IdParams,
  type Infer,
  Line,
  Model,
  Nullable,
  Patch,
  Timestamp,
} from '../../../lib/schema.ts';
import { examples } from '../catalog.examples.ts';
import * as categories from './categories.service.ts';

const CategoryFields = {
  name: Line(80, { examples: ['Vegetables'] }),
  parent_id: Type.Optional(Nullable(Id)),
  description: Type.Optional(Nullable(Description(1_000))),
};
const CategoryInput = Model('CategoryInput', Closed(CategoryFields), examples.CategoryInput);
const CategoryPatch = Model('CategoryPatch', Patch(Closed(CategoryFields)), examples.CategoryPatch);
const Category = Model(
  'Category',
  Type.Object({
    id: Id,
    name: Type.String(),
    slug: Type.String({ description: 'Stays when the name changes' }),
    description: Nullable(Type.String()),
    parent_id: Nullable(Id),
    product_count: Type.Integer({
      description: 'Products on sale here and in every category below',
    }),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Category,
);

export const categoryRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listCategories',
    path: '/categories',
    access: ANYONE,
    tag: 'Categories',
    summary: 'List categories',
    description: 'By name. A tree: build it from `parent_id`.',
    query: Type.Object({ parent_id: Type.Optional(Id) }),
    item: Category,
    cache: 'public',
    tags: () => [CATEGORIES, PRODUCT_COUNTS],
    list: async (ctx, { query, page }) =>
      mapPage(await categories.listCategories(ctx, query, page), categoryView),
  }),
  route({
    operationId: 'createCategory',
    method: 'POST',
    path: '/categories',
    access: ADMIN,
    tag: 'Categories',
    summary: 'Create a category',
    body: CategoryInput,
    status: 201,
    returns: Category,
    problems: [CONFLICT],
    handle: async (ctx, { body }) => categoryView(await categories.createCategory(ctx, body)),
  }),
  route({
    operationId: 'getCategory',
    method: 'GET',
    path: '/categories/:id',
    access: ANYONE,
    tag: 'Categories',
    summary: 'Get a category',
    params: IdParams,
    status: 200,
    returns: Category,
    cache: 'public',
    tags: () => [CATEGORIES, PRODUCT_COUNTS],
    handle: async (ctx, { params }) => categoryView(await categories.getCategory(ctx, params.id)),
  }),
  route({
    operationId: 'updateCategory',
    method: 'PATCH',
    path: '/categories/:id',
    access: ADMIN,
    tag: 'Categories',
    summary: 'Change a category',
    params: IdParams,
    body: CategoryPatch,
    status: 200,
    returns: Category,
    problems: [CONFLICT],
    handle: async (ctx, { params, body }) =>
      categoryView(await categories.changeCategory(ctx, params.id, body)),
  }),
  route({
    operationId: 'deleteCategory',
    method: 'DELETE',
    path: '/categories/:id',
    access: ADMIN,
    tag: 'Categories',
    summary: 'Remove a category',
    description: 'Refused while it has categories below it or products.',
    params: IdParams,
    status: 204,
    problems: [CONFLICT],
    handle: (ctx, { params }) => categories.removeCategory(ctx, params.id),
  }),
];

function categoryView(row: categories.Category): Infer<typeof Category> {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    description: row.description,
    parent_id: row.parent_id,
    product_count: row.product_count,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
