// Lots: a product's stock by harvest. Received, counted and written off by its seller, each change a ledger line.
import type { Ctx, TxCtx } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { CONFLICT, limitReached, notFound, Problem } from '../../lib/problem.ts';
import { formatQuantity, parseQuantity } from '../../lib/quantity.ts';
import { type NewAuditEntry, recordAudit } from '../audit/audit.service.ts';
import { getOwnProduct, getSellableProduct } from '../catalog/products/products.service.ts';
import { refreshListingStock } from '../listing/listing.service.ts';
import { holdStock } from './allocation.service.ts';
import {
  countFilledLots,
  findLot,
  findLotPage,
  findMovementPage,
  insertLot,
  insertMovement,
  type LotRow,
  type MovementRow,
} from './lots.queries.ts';
import { freeOf, lotLife, requireFit } from './lots.rules.ts';

export type { LotRow, MovementRow } from './lots.queries.ts';

/** Reasons that a seller may give; the platform writes the others. */
export const ADJUSTMENT_REASONS = ['COUNT', 'SPOILAGE', 'RETURN', 'DAMAGE', 'OTHER'] as const;
export const MOVEMENT_REASONS = [
  'HARVEST',
  'SALE',
  'RESTOCK',
  'REALLOCATION',
  ...ADJUSTMENT_REASONS,
] as const;

export interface LotInput {
  /** Decimal in the product's unit. */
  readonly quantity: string;
  /** RFC 3339. */
  readonly harvested_at: string;
  readonly expires_at?: string;
}

/** A product's lots, newest first, empty ones too. */
export async function listLots(
  ctx: Ctx,
  product_id: string,
  page: PageRequest,
): Promise<Page<LotRow>> {
  await getOwnProduct(ctx, product_id);
  return findLotPage(ctx.db, product_id, page);
}

/** A product's stock ledger, newest first. */
export async function listMovements(
  ctx: Ctx,
  filter: { readonly product_id: string; readonly lot_id?: string },
  page: PageRequest,
): Promise<Page<MovementRow>> {
  await getOwnProduct(ctx, filter.product_id);
  return findMovementPage(ctx.db, filter, page);
}

/**
 * Records a harvest as a new lot.
 * @throws Problem NOT_FOUND, FORBIDDEN, VALIDATION_ERROR, LIMIT_REACHED
 */
export function receiveLot(ctx: Ctx, product_id: string, input: LotInput): Promise<LotRow> {
  return inTransaction(ctx, async (ctx) => {
    const product = await getSellableProduct(ctx, product_id);
    const quantity_milli = parseQuantity(input.quantity);
    requireFit(quantity_milli, product.unit, '/quantity');
    const now = ctx.clock.now();
    const given = {
      harvested_at: new Date(input.harvested_at),
      expires_at: input.expires_at === undefined ? undefined : new Date(input.expires_at),
    };
    const life = lotLife(given, product.shelf_life_days, now);
    await holdStock(ctx, [product_id]);
    await requireRoom(ctx, product_id);
    const lot_id = newId();
    await insertLot(ctx.db, { id: lot_id, product_id, ...life, created_at: now });
    await move(ctx, {
      product_id,
      lot_id,
      delta_milli: quantity_milli,
      reason: 'HARVEST',
      reference: null,
    });
    await audit(ctx, lot_id, {
      action: 'lot.received',
      changes: { on_hand_milli: [0, quantity_milli] },
    });
    return getLot(ctx, product_id, lot_id);
  });
}

export interface Adjustment {
  readonly product_id: string;
  readonly lot_id: string;
  /** Signed decimal in the product's unit. */
  readonly delta: string;
  readonly reason: (typeof ADJUSTMENT_REASONS)[number];
  /** Kept as the reference of the ledger line. */
  readonly note?: string;
}

/**
 * Corrects a lot; never below what is reserved for orders.
 * @throws Problem NOT_FOUND, FORBIDDEN, VALIDATION_ERROR, CONFLICT, LIMIT_REACHED where it was empty
 */
export function adjustLot(
  ctx: Ctx,
  { product_id, lot_id, delta, reason, note }: Adjustment,
): Promise<LotRow> {
  return inTransaction(ctx, async (ctx) => {
    const product = await getSellableProduct(ctx, product_id);
    const delta_milli = parseQuantity(delta);
    requireFit(delta_milli, product.unit, '/delta');
    await holdStock(ctx, [product_id]);
    const before = await getLot(ctx, product_id, lot_id);
    if (before.on_hand_milli === 0) await requireRoom(ctx, product_id);
    if (freeOf(before) + delta_milli < 0) throw tooLittle(before, product.unit);
    await move(ctx, { product_id, lot_id, delta_milli, reason, reference: note ?? null });
    const on_hand_milli = [before.on_hand_milli, before.on_hand_milli + delta_milli] as const;
    await audit(ctx, lot_id, {
      action: 'lot.adjusted',
      changes: { on_hand_milli, reason: [null, reason] },
    });
    return getLot(ctx, product_id, lot_id);
  });
}

/** @throws Problem LIMIT_REACHED where no more lots may be filled; the caller holds the product's stock */
async function requireRoom(ctx: TxCtx, product_id: string): Promise<void> {
  const most = ctx.config.PRODUCT_MAX_LOTS;
  if ((await countFilledLots(ctx.db, product_id, most)) < most) return;
  throw limitReached(
    'PRODUCT_MAX_LOTS',
    most,
    `A product may have ${most} lots that are not empty: sell or write off one first.`,
  );
}

async function getLot(ctx: Ctx, product_id: string, lot_id: string): Promise<LotRow> {
  const lot = await findLot(ctx.db, product_id, lot_id);
  if (lot === undefined) throw notFound('lot');
  return lot;
}

async function move(
  ctx: TxCtx,
  line: Pick<MovementRow, 'product_id' | 'lot_id' | 'delta_milli' | 'reason' | 'reference'>,
): Promise<void> {
  const actor_id = ctx.actor.kind === 'user' ? ctx.actor.user_id : null;
  await insertMovement(ctx.db, { ...line, id: newId(), actor_id, created_at: ctx.clock.now() });
  await refreshListingStock(ctx, [line.product_id]);
}

async function audit(
  ctx: TxCtx,
  lot_id: string,
  entry: Pick<NewAuditEntry, 'action' | 'changes'>,
): Promise<void> {
  await recordAudit(ctx, { ...entry, object_type: 'lot', object_id: lot_id });
}

function tooLittle(lot: LotRow, unit: string): Problem {
  const [free, on_hand, reserved] = [freeOf(lot), lot.on_hand_milli, lot.reserved_milli].map(
    formatQuantity,
  );
  return new Problem(
    CONFLICT,
    `At most ${free} ${unit} can be taken from this lot: ${on_hand} are on hand, ${reserved} of them reserved for orders.`,
  );
}
