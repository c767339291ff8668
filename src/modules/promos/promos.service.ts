// Promos: a seller's price reductions on named products for a period.
import { invalidate, PROMOS } from '../../cache/tags.ts';
import type { Ctx, TxCtx } from '../../context.ts';
import { lockLimit } from '../../db/limits.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { formatMoney, parseMoney } from '../../lib/money.ts';
import { invalidField, limitReached, notFound } from '../../lib/problem.ts';
import { type ExpectedVersions, requireVersion } from '../../lib/versions.ts';
import { changesBetween, recordAudit } from '../audit/audit.service.ts';
import { refreshListings } from '../listing/listing.service.ts';
import { requireSelling, sellingAs } from '../sellers/sellers.service.ts';
import {
  countLivingPromos,
  findProductSellers,
  findPromoPage,
  findVisiblePromo,
  insertPromo,
  lockPromo,
  type PromoFilter,
  type PromoRow,
  type PromoViewer,
  replacePromoProducts,
  updatePromo,
} from './promos.queries.ts';
import { type DiscountType, isDiscountAllowed } from './promos.rules.ts';

export type { PromoRow } from './promos.queries.ts';

export interface PromoInput {
  readonly name: string;
  readonly description?: string | null;
  readonly discount_type: DiscountType;
  /** Decimal text: pesos off the unit price, or percent. */
  readonly discount_value: string;
  /** RFC 3339. */
  readonly starts_at: string;
  readonly ends_at: string;
  readonly product_ids: readonly string[];
  readonly is_active?: boolean;
}

const AUDITED_FIELDS = [
  'name',
  'description',
  'discount_type',
  'discount_hundredths',
  'starts_at',
  'ends_at',
  'is_active',
  'product_ids',
] as const;

/** Promos that run now; all of their own for sellers, all for admins. */
export function listPromos(
  ctx: Ctx,
  filter: PromoFilter,
  page: PageRequest,
): Promise<Page<PromoRow>> {
  return findPromoPage(ctx.db, viewerOf(ctx), { filter, page });
}

/** @throws Problem NOT_FOUND, also where the promo does not run now and is somebody else's */
export async function getPromo(ctx: Ctx, id: string): Promise<PromoRow> {
  const promo = await findVisiblePromo(ctx.db, viewerOf(ctx), id);
  if (promo === undefined) throw notFound('promo');
  return promo;
}

/**
 * Makes a promo of the seller whose products it names: the caller, or any one seller where the caller is an admin.
 * @throws Problem FORBIDDEN, VALIDATION_ERROR, LIMIT_REACHED
 */
export function createPromo(ctx: Ctx, input: PromoInput): Promise<PromoRow> {
  const caller =
    ctx.actor.kind === 'user' && ctx.actor.role === 'seller' ? sellingAs(ctx) : undefined;
  const columns = columnsOf(input);
  const now = ctx.clock.now();
  return inTransaction(ctx, async (ctx) => {
    const { seller_id, product_ids } = await requireProducts(ctx, input.product_ids, caller);
    if (columns.ends_at > now) await requireRoom(ctx, seller_id);
    const row = { ...columns, id: newId(), seller_id, created_at: now, updated_at: now };
    const promo = await insertPromo(ctx.db, row, product_ids);
    invalidate(ctx, PROMOS);
    await refreshListings(ctx, product_ids);
    await recordAudit(ctx, { action: 'promo.created', object_type: 'promo', object_id: promo.id });
    return promo;
  });
}

export interface PromoChange {
  readonly id: string;
  readonly changes: Partial<PromoInput>;
  readonly expected: ExpectedVersions;
}

/** @throws Problem NOT_FOUND, FORBIDDEN, STALE_VERSION, VALIDATION_ERROR, LIMIT_REACHED where it had ended */
export function changePromo(ctx: Ctx, { id, changes, expected }: PromoChange): Promise<PromoRow> {
  return inTransaction(ctx, async (ctx) => {
    const before = await getManaged(ctx, id);
    requireVersion(expected, before.version);
    const columns = columnsOf({ ...inputOf(before), ...changes });
    const now = ctx.clock.now();
    if (before.ends_at <= now && columns.ends_at > now) await requireRoom(ctx, before.seller_id);
    let { product_ids } = before;
    if (changes.product_ids !== undefined) {
      ({ product_ids } = await requireProducts(ctx, changes.product_ids, before.seller_id));
      await replacePromoProducts(ctx.db, id, product_ids);
    }
    const row = await updatePromo(ctx.db, id, { ...columns, updated_at: ctx.clock.now() });
    invalidate(ctx, PROMOS);
    const promo = { ...row, product_ids };
    await refreshListings(ctx, [...new Set([...before.product_ids, ...product_ids])]);
    const changed = changesBetween(before, promo, AUDITED_FIELDS);
    await recordAudit(ctx, {
      action: 'promo.changed',
      object_type: 'promo',
      object_id: id,
      changes: changed,
    });
    return promo;
  });
}

/** Ends the promo for good; orders keep the prices they were placed at. */
export function removePromo(ctx: Ctx, id: string, expected: ExpectedVersions): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    const promo = await getManaged(ctx, id);
    requireVersion(expected, promo.version);
    await updatePromo(ctx.db, id, { deleted_at: ctx.clock.now(), updated_at: ctx.clock.now() });
    invalidate(ctx, PROMOS);
    await refreshListings(ctx, promo.product_ids);
    await recordAudit(ctx, { action: 'promo.removed', object_type: 'promo', object_id: id });
  });
}

function viewerOf({ actor, clock }: Ctx): PromoViewer {
  const user = actor.kind === 'user' ? actor : undefined;
  return { at: clock.now(), isAdmin: user?.role === 'admin', seller_id: user?.seller?.id };
}

/** @throws Problem LIMIT_REACHED */
async function requireRoom(ctx: TxCtx, seller_id: string): Promise<void> {
  const most = ctx.config.SELLER_MAX_PROMOS;
  await lockLimit(ctx.db, 'promos', seller_id);
  const now = ctx.clock.now();
  if ((await countLivingPromos(ctx.db, seller_id, { now, most })) < most) return;
  throw limitReached(
    'SELLER_MAX_PROMOS',
    most,
    `A seller may have ${most} promos that have not ended: remove one first.`,
  );
}

async function getManaged(ctx: TxCtx, id: string): Promise<PromoRow> {
  const promo = await lockPromo(ctx.db, id);
  if (promo === undefined) throw notFound('promo');
  requireSelling(ctx, promo.seller_id, 'promo');
  return promo;
}

/** @throws Problem VALIDATION_ERROR where the members do not go together */
function columnsOf({
  product_ids: _products,
  discount_value,
  starts_at,
  ends_at,
  ...same
}: PromoInput) {
  const discount_hundredths = parseMoney(discount_value);
  const columns = {
    ...same,
    discount_hundredths,
    starts_at: new Date(starts_at),
    ends_at: new Date(ends_at),
  };
  if (!isDiscountAllowed(columns))
    throw invalidField('/discount_value', 'must be a percentage from 1 to 100');
  if (columns.ends_at <= columns.starts_at)
    throw invalidField('/ends_at', 'must be later than starts_at');
  return columns;
}

/** What a promo would be made from again, so that a change is checked as a whole. */
function inputOf(promo: PromoRow): PromoInput {
  return {
    name: promo.name,
    description: promo.description,
    discount_type: promo.discount_type,
    discount_value: formatMoney(promo.discount_hundredths),
    starts_at: promo.starts_at.toISOString(),
    ends_at: promo.ends_at.toISOString(),
    product_ids: promo.product_ids,
    is_active: promo.is_active,
  };
}

/** The products, each once, and their one seller: `seller_id`, or where that is open, whoever sells the first of them. */
async function requireProducts(
  ctx: TxCtx,
  wanted: readonly string[],
  seller_id: string | undefined,
): Promise<{ seller_id: string; product_ids: string[] }> {
  const product_ids = wanted.map((id) => id.toLowerCase());
  const sellers = await findProductSellers(ctx.db, product_ids);
  const owner = seller_id ?? sellers.get(product_ids[0] ?? '');
  const stranger = product_ids.findIndex(
    (id) => sellers.get(id) === undefined || sellers.get(id) !== owner,
  );
  if (owner === undefined || stranger !== -1) {
    throw invalidField(
      `/product_ids/${Math.max(stranger, 0)}`,
      'must be a product of the same seller, not deleted',
    );
  }
  return { seller_id: owner, product_ids: [...new Set(product_ids)].sort() };
}
