// Categories: one tree that everybody reads and admins keep.
import { CATEGORIES, invalidate } from '../../../cache/tags.ts';
import type { Ctx, TxCtx } from '../../../context.ts';
import type { Page, PageRequest } from '../../../db/paging/paging.ts';
import { inTransaction, violatedConstraint } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { CONFLICT, conflict, invalidField, notFound, Problem } from '../../../lib/problem.ts';
import { slugify } from '../../../lib/text/slug.ts';
import { changesBetween, recordAudit } from '../../audit/audit.service.ts';
import { countProductsByCategory } from '../../listing/listing.service.ts';
import { hasProducts } from '../products/products.queries.ts';
import { refreshCategoryListingsJob } from './categories.jobs.ts';
import {
  type CategoryRow,
  findCategories,
  insertCategory,
  lockTree,
  shareCategory,
  updateCategory,
} from './categories.queries.ts';
import { isWithin, pageByName, withDescendants } from './categories.rules.ts';

/** Bounds what every reader of the tree loads. */
const MAX_CATEGORIES = 2_000;

export interface Category extends CategoryRow {
  /** Products on sale, in the category and everything below it. */
  readonly product_count: number;
}

export interface CategoryInput {
  readonly name: string;
  readonly parent_id?: string | null;
  readonly description?: string | null;
}

const AUDITED_FIELDS = ['name', 'parent_id', 'description'] as const;

/** By name; with `parent_id` only the children of that category. */
export async function listCategories(
  ctx: Ctx,
  filter: { readonly parent_id?: string },
  page: PageRequest,
): Promise<Page<Category>> {
  const tree = await withCounts(ctx, await findCategories(ctx.db));
  const { parent_id } = filter;
  return pageByName(
    parent_id === undefined ? tree : tree.filter((node) => node.parent_id === parent_id),
    page,
  );
}

export async function getCategory(ctx: Ctx, id: string): Promise<Category> {
  const tree = await findCategories(ctx.db);
  if (!tree.some((node) => node.id === id)) throw notFound('category');
  return getOne(await withCounts(ctx, tree), id);
}

/** @throws Problem VALIDATION_ERROR for an unknown parent, CONFLICT for a name that a sibling has */
export function createCategory(ctx: Ctx, input: CategoryInput): Promise<Category> {
  const id = newId();
  const now = ctx.clock.now();
  return inTransaction(ctx, async (ctx) => {
    await lockTree(ctx.db);
    const tree = await findCategories(ctx.db);
    if (tree.length >= MAX_CATEGORIES) {
      throw new Problem(
        CONFLICT,
        `There are ${MAX_CATEGORIES} categories already; remove one first.`,
      );
    }
    requireParent(tree, input.parent_id);
    const slug = slugify(input.name);
    const isTaken = tree.some((node) => node.slug === slug);
    invalidate(ctx, CATEGORIES);
    const row = await insertCategory(ctx.db, {
      ...input,
      id,
      slug: isTaken ? `${slug}-${id.slice(-6)}` : slug,
      created_at: now,
      updated_at: now,
    }).catch(refuseTakenName);
    await recordAudit(ctx, { action: 'category.created', object_type: 'category', object_id: id });
    return { ...row, product_count: 0 };
  });
}

/** The slug stays as it was, so that addresses keep working. */
export function changeCategory(
  ctx: Ctx,
  id: string,
  changes: Partial<CategoryInput>,
): Promise<Category> {
  return inTransaction(ctx, async (ctx) => {
    const { before, tree } = await takeTree(ctx, id);
    requireParent(tree, changes.parent_id);
    if (changes.parent_id && isWithin(tree, changes.parent_id, id)) {
      throw invalidField('/parent_id', 'must not be the category itself or lie below it');
    }
    const after = await updateCategory(ctx.db, id, {
      ...changes,
      updated_at: ctx.clock.now(),
    }).catch(refuseTakenName);
    invalidate(ctx, CATEGORIES);
    // The name is in the search document of every product of the category, and those may be many.
    if (after.name !== before.name)
      await ctx.jobs.enqueue(ctx.db, refreshCategoryListingsJob, { category_id: id });
    const changed = changesBetween(before, after, AUDITED_FIELDS);
    await recordAudit(ctx, {
      action: 'category.changed',
      object_type: 'category',
      object_id: id,
      changes: changed,
    });
    const others = tree.filter((node) => node.id !== id);
    return getOne(await withCounts(ctx, [...others, after]), id);
  });
}

/** @throws Problem CONFLICT while the category has children or products */
export function removeCategory(ctx: Ctx, id: string): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    const { before, tree } = await takeTree(ctx, id);
    if (tree.some((node) => node.parent_id === id)) {
      throw new Problem(
        CONFLICT,
        'This category has categories below it: move or remove them first.',
      );
    }
    await updateCategory(ctx.db, id, { deleted_at: ctx.clock.now(), updated_at: ctx.clock.now() });
    invalidate(ctx, CATEGORIES);
    // Read after the row is locked: whoever adds a product holds a share of it.
    if (await hasProducts(ctx.db, id)) {
      throw new Problem(CONFLICT, 'This category has products: move them to another one first.');
    }
    const changes = { name: [before.name, null] } as const;
    await recordAudit(ctx, {
      action: 'category.removed',
      object_type: 'category',
      object_id: id,
      changes,
    });
  });
}

/**
 * Refuses a category that does not exist, and keeps it until the transaction ends.
 * @throws Problem VALIDATION_ERROR at `/category_id`
 */
export async function requireCategory(ctx: TxCtx, id: string): Promise<void> {
  if (!(await shareCategory(ctx.db, id)))
    throw invalidField('/category_id', 'must be the id of a category; see /categories');
}

async function takeTree(
  ctx: TxCtx,
  id: string,
): Promise<{ before: CategoryRow; tree: CategoryRow[] }> {
  await lockTree(ctx.db);
  const tree = await findCategories(ctx.db);
  return { before: getOne(tree, id), tree };
}

async function withCounts(ctx: Ctx, tree: readonly CategoryRow[]): Promise<Category[]> {
  const totals = withDescendants(tree, await countProductsByCategory(ctx));
  return tree.map((node) => ({ ...node, product_count: totals.get(node.id) ?? 0 }));
}

function getOne<Row extends { readonly id: string }>(tree: readonly Row[], id: string): Row {
  const found = tree.find((node) => node.id === id);
  if (found === undefined) throw notFound('category');
  return found;
}

function requireParent(tree: readonly CategoryRow[], parent_id: string | null | undefined): void {
  if (parent_id && !tree.some((node) => node.id === parent_id)) {
    throw invalidField('/parent_id', 'must be the id of a category; see /categories');
  }
}

function refuseTakenName(error: unknown): never {
  if (violatedConstraint(error) === 'categories_sibling_name_key') {
    throw conflict('/name', 'A category of this name exists beside it.');
  }
  throw error;
}
