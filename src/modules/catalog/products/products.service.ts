// Products as their sellers keep them: made, changed, removed and restored. Customers see them through the storefront.
import type { Ctx, TxCtx } from '../../../context.ts';
import { lockLimit } from '../../../db/limits.ts';
import { inTransaction, violatedConstraint } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import { parseMoney } from '../../../lib/money.ts';
import {
  CONFLICT,
  conflict,
  invalidField,
  isProblem,
  limitReached,
  notFound,
  Problem,
} from '../../../lib/problem.ts';
import type { Unit } from '../../../lib/quantity.ts';
import { slugify } from '../../../lib/text/slug.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import { type ExpectedVersions, requireVersion } from '../../../lib/versions.ts';
import { changesBetween, type NewAuditEntry, recordAudit } from '../../audit/audit.service.ts';
import { refreshListings } from '../../listing/listing.service.ts';
import { publishEvents } from '../../notifications/notifications.service.ts';
import { getSeller, mayManage, requireSelling, sellingAs } from '../../sellers/sellers.service.ts';
import { requireCategory } from '../categories/categories.service.ts';
import {
  countProducts,
  findProduct,
  insertProduct,
  lockProduct,
  type ProductRow,
  updateProduct,
} from './products.queries.ts';

export type { ProductRow } from './products.queries.ts';

export const TAX_CLASSES = ['VAT_EXEMPT', 'VAT_12'] as const;

export interface ProductInput {
  readonly name: string;
  readonly category_id: string;
  readonly description: string;
  readonly unit: Unit;
  /** Decimal pesos for one unit. */
  readonly price: string;
  readonly shelf_life_days: number;
  readonly handling_hours?: number;
  readonly sku?: string | null;
  /** Suggested retail price, decimal pesos. */
  readonly srp?: string | null;
  readonly tax_class?: (typeof TAX_CLASSES)[number];
  readonly origin?: string | null;
  readonly is_active?: boolean;
}

const AUDITED_FIELDS = [
  'name',
  'category_id',
  'description',
  'price_centavos',
  'srp_centavos',
  'shelf_life_days',
  'handling_hours',
  'sku',
  'tax_class',
  'origin',
  'is_active',
] as const;

/**
 * Makes a product of the calling seller, or of `seller_id` where the caller is an admin.
 * A seller who is not verified yet may prepare products; they go on sale with the verification.
 * @throws Problem VALIDATION_ERROR, FORBIDDEN, LIMIT_REACHED, CONFLICT at `/sku`
 */
export async function createProduct(
  ctx: Ctx,
  input: ProductInput & { readonly seller_id?: string },
): Promise<ProductRow> {
  const { seller_id: named, ...fields } = input;
  const seller_id = await sellerFor(ctx, named);
  const id = newId();
  const now = ctx.clock.now();
  return inTransaction(ctx, async (ctx) => {
    await requireCategory(ctx, fields.category_id);
    await requireRoom(ctx, seller_id, plusMs(now, -REMOVED_COUNT_MS));
    const product = await insertProduct(ctx.db, {
      ...columnsOf(fields),
      id,
      seller_id,
      slug: `${slugify(fields.name)}-${id.slice(-6)}`,
      created_at: now,
      updated_at: now,
    }).catch(refuseTakenSku);
    await refreshListings(ctx, [id]);
    await announce(ctx, product, { action: 'product.created' });
    return product;
  });
}

export interface ProductChange {
  readonly id: string;
  readonly changes: Partial<ProductInput>;
  readonly expected: ExpectedVersions;
}

/**
 * Lots keep the expiry that they were received with, whatever becomes of the shelf life.
 * @throws Problem NOT_FOUND, FORBIDDEN, STALE_VERSION, VALIDATION_ERROR, CONFLICT
 */
export function changeProduct(
  ctx: Ctx,
  { id, changes, expected }: ProductChange,
): Promise<ProductRow> {
  return inTransaction(ctx, async (ctx) => {
    const before = await takeProduct(ctx, id, expected);
    if (changes.unit !== undefined && changes.unit !== before.unit) {
      throw conflict(
        '/unit',
        'The unit cannot change: lots, carts and orders count in it. Create another product.',
      );
    }
    if (changes.category_id !== undefined) await requireCategory(ctx, changes.category_id);
    const columns = { ...columnsOf(changes), updated_at: ctx.clock.now() };
    const after = await updateProduct(ctx.db, id, columns).catch(refuseTakenSku);
    await refreshListings(ctx, [id]);
    const changed = changesBetween(before, after, AUDITED_FIELDS);
    await announce(ctx, after, { action: 'product.changed', changes: changed });
    return after;
  });
}

/** Takes the product off sale; orders, lots and reviews stay, and it can be restored. */
export function removeProduct(ctx: Ctx, id: string, expected: ExpectedVersions): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    await takeProduct(ctx, id, expected);
    const now = ctx.clock.now();
    const product = await updateProduct(ctx.db, id, { deleted_at: now, updated_at: now });
    await refreshListings(ctx, [id]);
    await announce(ctx, product, { action: 'product.removed' });
  });
}

/** @throws Problem NOT_FOUND, FORBIDDEN, LIMIT_REACHED, CONFLICT where the SKU or the category went to somebody else meanwhile */
export function restoreProduct(ctx: Ctx, id: string): Promise<ProductRow> {
  return inTransaction(ctx, async (ctx) => {
    const removed = await lockProduct(ctx.db, id);
    if (removed === undefined) throw notFound('product');
    requireSelling(ctx, removed.seller_id, 'product');
    if (removed.deleted_at === null) throw new Problem(CONFLICT, 'This product is not removed.');
    await requireCategory(ctx, removed.category_id).catch((error: unknown) => {
      if (!isProblem(error)) throw error;
      throw new Problem(
        CONFLICT,
        'The category of this product is gone: create the product anew in another one.',
      );
    });
    // Itself, it counts only once it is there again.
    await requireRoom(ctx, removed.seller_id, ctx.clock.now());
    const changes = { deleted_at: null, updated_at: ctx.clock.now() };
    const product = await updateProduct(ctx.db, id, changes).catch(refuseTakenSku);
    await refreshListings(ctx, [id]);
    await announce(ctx, product, { action: 'product.restored' });
    return product;
  });
}

/**
 * A product that the caller may act for: its seller in any standing, or an admin.
 * @throws Problem NOT_FOUND
 */
export async function getOwnProduct(ctx: Ctx, id: string): Promise<ProductRow> {
  const product = await findProduct(ctx.db, id);
  if (product === undefined || !mayManage(ctx, product.seller_id)) throw notFound('product');
  return product;
}

/**
 * The same, for changing what belongs to it: its seller must be in good standing.
 * @throws Problem NOT_FOUND, FORBIDDEN
 */
export async function getSellableProduct(ctx: Ctx, id: string): Promise<ProductRow> {
  const product = await getOwnProduct(ctx, id);
  requireSelling(ctx, product.seller_id, 'product');
  return product;
}

/** The same, locked until the transaction ends. */
export async function lockSellableProduct(ctx: TxCtx, id: string): Promise<ProductRow> {
  const product = await lockProduct(ctx.db, id);
  if (product === undefined || product.deleted_at !== null) throw notFound('product');
  requireSelling(ctx, product.seller_id, 'product');
  return product;
}

/** So long removed products count: removing and making anew gets nobody past the limit. */
const REMOVED_COUNT_MS = 30 * DAY_MS;

/** @throws Problem LIMIT_REACHED */
async function requireRoom(ctx: TxCtx, seller_id: string, since: Date): Promise<void> {
  const most = ctx.config.SELLER_MAX_PRODUCTS;
  await lockLimit(ctx.db, 'products', seller_id);
  if ((await countProducts(ctx.db, seller_id, { since, most })) < most) return;
  throw limitReached(
    'SELLER_MAX_PRODUCTS',
    most,
    `A seller may have ${most} products: remove one first. Removed ones count for 30 days.`,
  );
}

async function takeProduct(
  ctx: TxCtx,
  id: string,
  expected: ExpectedVersions,
): Promise<ProductRow> {
  const product = await lockSellableProduct(ctx, id);
  requireVersion(expected, product.version);
  return product;
}

async function sellerFor(ctx: Ctx, named: string | undefined): Promise<string> {
  if (ctx.actor.kind === 'user' && ctx.actor.role === 'seller') {
    if (named !== undefined)
      throw invalidField('/seller_id', 'is for admins; the product becomes yours');
    return sellingAs(ctx);
  }
  if (named === undefined)
    throw invalidField('/seller_id', 'is required of admins: whose product it is');
  return (await getSeller(ctx, named)).id;
}

async function announce(
  ctx: TxCtx,
  product: ProductRow,
  entry: Pick<NewAuditEntry, 'action' | 'changes'>,
): Promise<void> {
  await recordAudit(ctx, { ...entry, object_type: 'product', object_id: product.id });
  const payload = {
    product_id: product.id,
    seller_id: product.seller_id,
    version: product.version,
  };
  await publishEvents(ctx, [{ topic: entry.action, payload }]);
}

type ProductColumns = Omit<ProductInput, 'price' | 'srp'> & {
  readonly price_centavos: number;
  readonly srp_centavos?: number | null;
};

/** Money to centavos; of a change only what was sent. */
function columnsOf(input: ProductInput): ProductColumns;
function columnsOf(input: Partial<ProductInput>): Partial<ProductColumns>;
function columnsOf({ price, srp, ...rest }: Partial<ProductInput>): Partial<ProductColumns> {
  return {
    ...rest,
    ...(price === undefined ? {} : { price_centavos: parseMoney(price) }),
    ...(srp === undefined ? {} : { srp_centavos: srp === null ? null : parseMoney(srp) }),
  };
}

function refuseTakenSku(error: unknown): never {
  if (violatedConstraint(error) === 'products_sku_key') {
    throw conflict('/sku', 'Another product of yours has this SKU.');
  }
  throw error;
}
