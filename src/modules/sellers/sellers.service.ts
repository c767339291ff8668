// Sellers: applying, being verified, suspended and reinstated, and being followed.
import { invalidate, SELLERS } from '../../cache/tags.ts';
import type { Ctx, TxCtx } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging.ts';
import { inTransaction, violatedConstraint } from '../../db/transaction.ts';
import { signedIn } from '../../http/access.ts';
import { type ExpectedVersions, requireVersion } from '../../http/conditional.ts';
import { newId } from '../../lib/ids.ts';
import { parsePhone } from '../../lib/phone.ts';
import { CONFLICT, FORBIDDEN, invalidField, notFound, Problem } from '../../lib/problem.ts';
import { slugify } from '../../lib/slug.ts';
import { changesBetween, recordAudit } from '../audit/audit.service.ts';
import { grantSellerRole, revokeSellerRole } from '../identity/identity.service.ts';
import { refreshSellerListings } from '../listing/listing.service.ts';
import { publishEvents } from '../notifications/notifications.service.ts';
import { requireBarangay } from '../places/places.service.ts';
import { SELLER_TRANSITION, sellerSuspended } from './sellers.errors.ts';
import {
  findSeller,
  findSellerPage,
  insertSeller,
  lockSeller,
  type SellerFilter,
  type SellerRow,
  setFollow,
  updateSeller,
} from './sellers.queries.ts';
import { type SellerAction, type SellerStatus, statusAfter } from './sellers.rules.ts';

export type { SellerRow } from './sellers.queries.ts';

export interface SellerInput {
  readonly business_name: string;
  readonly business_phone: string;
  readonly description?: string;
  readonly street: string;
  readonly barangay_code: string;
  readonly zip_code?: string;
}

const PUBLIC_FIELDS = ['business_name', 'description', 'barangay_code'] as const;
/** Of these the audit log keeps the names alone. */
const PERSONAL_FIELDS = ['business_phone', 'street', 'zip_code'] as const;

/**
 * Turns the caller into an unverified seller.
 * @throws Problem CONFLICT where the caller has a profile already
 */
export async function applyAsSeller(ctx: Ctx, input: SellerInput): Promise<SellerRow> {
  const { user_id } = signedIn(ctx);
  const now = ctx.clock.now();
  const id = newId();
  return inTransaction(ctx, async (ctx) => {
    await requireBarangay(ctx, input.barangay_code);
    const seller = await insertSeller(ctx.db, {
      ...columnsOf(input),
      business_name: input.business_name.trim(),
      id,
      user_id,
      slug: `${slugify(input.business_name)}-${id.slice(-6)}`,
      terms_accepted_at: now,
      created_at: now,
      updated_at: now,
    }).catch(refuseSecondProfile);
    await grantSellerRole(ctx, user_id);
    await recordAudit(ctx, { action: 'seller.applied', object_type: 'seller', object_id: id });
    await publishEvents(ctx, [{ topic: 'seller.applied', payload: { seller_id: id } }]);
    return seller;
  });
}

/** Verified sellers for everybody; the caller's own, and all for admins, in any status. */
export async function getSeller(ctx: Ctx, id: string): Promise<SellerRow> {
  const seller = await findSeller(ctx.db, id);
  if (seller === undefined || (seller.status !== 'VERIFIED' && !mayManage(ctx, seller.id)))
    throw notFound('seller');
  return seller;
}

export function listSellers(
  ctx: Ctx,
  filter: SellerFilter,
  page: PageRequest,
): Promise<Page<SellerRow>> {
  const isAdmin = ctx.actor.kind === 'user' && ctx.actor.role === 'admin';
  return findSellerPage(ctx.db, isAdmin ? filter : { ...filter, status: 'VERIFIED' }, page);
}

export interface SellerChange {
  readonly id: string;
  readonly changes: Partial<SellerInput>;
  readonly expected: ExpectedVersions;
}

/** @throws Problem NOT_FOUND, FORBIDDEN, STALE_VERSION */
export function changeSeller(
  ctx: Ctx,
  { id, changes, expected }: SellerChange,
): Promise<SellerRow> {
  return inTransaction(ctx, async (ctx) => {
    const before = await getManaged(ctx, id);
    requireVersion(expected, before.version);
    if (changes.barangay_code !== undefined) await requireBarangay(ctx, changes.barangay_code);
    const seller = await updateSeller(ctx.db, id, {
      ...columnsOf(changes),
      updated_at: ctx.clock.now(),
    });
    invalidate(ctx, SELLERS);
    if (seller.business_name !== before.business_name) await refreshSellerListings(ctx, id);
    const personal = PERSONAL_FIELDS.filter((field) => before[field] !== seller[field]);
    const changed = changesBetween(before, seller, PUBLIC_FIELDS);
    await recordAudit(ctx, {
      action: 'seller.changed',
      object_type: 'seller',
      object_id: id,
      changes: changed,
      personal,
    });
    return seller;
  });
}

/** Takes the profile and its products off the market; open orders stay to be finished. */
export function removeSeller(ctx: Ctx, id: string, expected: ExpectedVersions): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    const seller = await getManaged(ctx, id);
    requireVersion(expected, seller.version);
    await updateSeller(ctx.db, id, { deleted_at: ctx.clock.now(), updated_at: ctx.clock.now() });
    invalidate(ctx, SELLERS);
    await revokeSellerRole(ctx, seller.user_id);
    await refreshSellerListings(ctx, id);
    await recordAudit(ctx, { action: 'seller.removed', object_type: 'seller', object_id: id });
  });
}

/** @throws Problem NOT_FOUND, INVALID_STATUS_TRANSITION */
export function moveSeller(ctx: Ctx, id: string, action: SellerAction): Promise<SellerRow> {
  return inTransaction(ctx, async (ctx) => {
    const before = await lockSeller(ctx.db, id);
    if (before === undefined) throw notFound('seller');
    const status = statusAfter(action, before.status as SellerStatus);
    if (status === undefined) {
      throw new Problem(
        SELLER_TRANSITION,
        `A seller that is ${before.status} cannot be moved by "${action}".`,
      );
    }
    await updateSeller(ctx.db, id, { status, updated_at: ctx.clock.now() });
    invalidate(ctx, SELLERS);
    await refreshSellerListings(ctx, id);
    const changes = { status: [before.status, status] } as const;
    await recordAudit(ctx, {
      action: `seller.${action}`,
      object_type: 'seller',
      object_id: id,
      changes,
    });
    await publishEvents(ctx, [
      { topic: `seller.${status.toLowerCase()}`, payload: { seller_id: id } },
    ]);
    // Read again: the number of products on sale has followed.
    return getSeller(ctx, id);
  });
}

export async function followSeller(ctx: Ctx, id: string): Promise<void> {
  await getSeller(ctx, id);
  await follow(ctx, id, true);
}

export function unfollowSeller(ctx: Ctx, id: string): Promise<void> {
  return follow(ctx, id, false);
}

async function follow(ctx: Ctx, seller_id: string, isOn: boolean): Promise<void> {
  const { user_id } = signedIn(ctx);
  await inTransaction(ctx, async (ctx) => {
    await setFollow(ctx.db, { user_id, seller_id, at: ctx.clock.now() }, isOn);
    invalidate(ctx, SELLERS);
  });
}

/** Whether the caller may act for this seller: its owner or an admin. */
export function mayManage(ctx: Ctx, seller_id: string): boolean {
  const { actor } = ctx;
  if (actor.kind === 'system') return true;
  return actor.kind === 'user' && (actor.role === 'admin' || actor.seller?.id === seller_id);
}

/**
 * The caller's own seller id, for deeds that only a seller in good standing may do.
 * @throws Problem FORBIDDEN where the seller is suspended or there is no profile
 */
export function sellingAs(ctx: Ctx): string {
  const { seller } = signedIn(ctx);
  if (seller === undefined)
    throw new Problem(FORBIDDEN, 'You have no seller profile: apply at POST /sellers.');
  if (seller.status === 'SUSPENDED') throw sellerSuspended();
  return seller.id;
}

/**
 * Lets the owner in good standing, or an admin, change what belongs to `seller_id`; for everybody else it does not exist.
 * @throws Problem NOT_FOUND, FORBIDDEN
 */
export function requireSelling(ctx: Ctx, seller_id: string, noun: string): void {
  if (!mayManage(ctx, seller_id)) throw notFound(noun);
  if (ctx.actor.kind === 'user' && ctx.actor.role === 'seller') sellingAs(ctx);
}

async function getManaged(ctx: TxCtx, id: string): Promise<SellerRow> {
  const seller = await lockSeller(ctx.db, id);
  const isMine = mayManage(ctx, id);
  if (seller === undefined || (seller.status !== 'VERIFIED' && !isMine)) throw notFound('seller');
  if (!isMine) throw new Problem(FORBIDDEN, 'This is not your seller profile.');
  return seller;
}

function columnsOf<T extends Partial<SellerInput>>(input: T): T {
  if (input.business_phone === undefined) return input;
  const phone = parsePhone(input.business_phone);
  if (phone === undefined)
    throw invalidField('/business_phone', 'must be a Philippine phone number such as 09171234567');
  return { ...input, business_phone: phone.e164 };
}

function refuseSecondProfile(error: unknown): never {
  if (violatedConstraint(error) === 'sellers_user_key')
    throw new Problem(CONFLICT, 'You have a seller profile already.');
  throw error;
}
