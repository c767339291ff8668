// Sellers: applying, the profile that everybody sees, and being followed.
import type { Updateable } from 'kysely';
import { invalidate, SELLERS } from '../../cache/tags.ts';
import { type Ctx, signedIn, type TxCtx } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import type { Sellers } from '../../db/schema.generated.ts';
import { inTransaction, violatedConstraint } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { CONFLICT, FORBIDDEN, invalidField, notFound, Problem } from '../../lib/problem.ts';
import { parsePhone } from '../../lib/text/phone.ts';
import { slugify } from '../../lib/text/slug.ts';
import { type ExpectedVersions, requireVersion } from '../../lib/versions.ts';
import { changesBetween, recordAudit } from '../audit/audit.service.ts';
import { refreshSellerListings } from '../listing/listing.service.ts';
import { publishEvents } from '../notifications/notifications.service.ts';
import { requireBarangay } from '../places/places.service.ts';
import { grantSellerRole } from '../users/roles.service.ts';
import { nameFault } from './names/names.rules.ts';
import { nameTaken, sellerSuspended } from './sellers.errors.ts';
import {
  findSeller,
  findSellerPage,
  insertSeller,
  isNameTaken,
  lockSeller,
  type SellerFilter,
  type SellerRow,
  setFollow,
  updateSeller,
} from './sellers.queries.ts';
import { firstStanding, isNameReviewed } from './sellers.rules.ts';
import { hasShedSuspension } from './standing/suspension-marks.service.ts';

export type { SellerRow } from './sellers.queries.ts';

export interface SellerInput {
  readonly business_name: string;
  readonly business_phone: string;
  readonly description?: string;
  readonly street: string;
  readonly barangay_code: string;
  readonly zip_code?: string;
}

const PUBLIC_FIELDS = ['business_name', 'requested_name', 'description', 'barangay_code'] as const;
/** Of these the audit log keeps the names alone. */
const PERSONAL_FIELDS = ['business_phone', 'street', 'zip_code'] as const;

/**
 * Turns the caller into an unverified seller; into a suspended one, where the same person removed a suspended profile.
 * @throws Problem VALIDATION_ERROR, CONFLICT where the caller has a profile already or the name looks like another's
 */
export async function applyAsSeller(ctx: Ctx, input: SellerInput): Promise<SellerRow> {
  const { user_id } = signedIn(ctx);
  const columns = columnsOf(input);
  const now = ctx.clock.now();
  const id = newId();
  return inTransaction(ctx, async (ctx) => {
    await requireBarangay(ctx, input.barangay_code);
    const seller = await insertSeller(ctx.db, {
      ...columns,
      ...firstStanding(await hasShedSuspension(ctx, user_id)),
      id,
      user_id,
      slug: `${slugify(columns.business_name)}-${id.slice(-6)}`,
      terms_accepted_at: now,
      created_at: now,
      updated_at: now,
    }).catch(refuseTaken);
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
  const { name_requested: _hidden, ...shown } = filter;
  return findSellerPage(ctx.db, isAdmin ? filter : { ...shown, status: 'VERIFIED' }, page);
}

export interface SellerChange {
  readonly id: string;
  readonly changes: Partial<SellerInput>;
  readonly expected: ExpectedVersions;
}

/**
 * Changes a profile. A new name that its owner gives to a verified one waits for an admin; the old one stays meanwhile.
 * @throws Problem NOT_FOUND, FORBIDDEN, STALE_VERSION, VALIDATION_ERROR, CONFLICT where the name looks like another's
 */
export function changeSeller(
  ctx: Ctx,
  { id, changes, expected }: SellerChange,
): Promise<SellerRow> {
  const columns = columnsOf(changes);
  return inTransaction(ctx, async (ctx) => {
    const before = await getManaged(ctx, id);
    requireVersion(expected, before.version);
    if (changes.barangay_code !== undefined) await requireBarangay(ctx, changes.barangay_code);
    const seller = await updateSeller(ctx.db, id, {
      ...columns,
      ...(await nameColumns(ctx, before, columns.business_name)),
      updated_at: ctx.clock.now(),
    }).catch(refuseTaken);
    invalidate(ctx, SELLERS);
    if (seller.business_name !== before.business_name) await refreshSellerListings(ctx, id);
    const personal = PERSONAL_FIELDS.filter((field) => before[field] !== seller[field]);
    await recordAudit(ctx, {
      action: 'seller.changed',
      object_type: 'seller',
      object_id: id,
      changes: changesBetween(before, seller, PUBLIC_FIELDS),
      personal,
    });
    return seller;
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
    const at = ctx.clock.now();
    if (await setFollow(ctx.db, { user_id, seller_id, at }, isOn)) invalidate(ctx, SELLERS);
  });
}

/** Whether the caller may act for this seller: its owner or an admin. */
export function mayManage(ctx: Ctx, seller_id: string): boolean {
  const { actor } = ctx;
  if (actor.kind === 'system') return true;
  return actor.kind === 'user' && (actor.role === 'admin' || actor.seller?.id === seller_id);
}

/**
 * The caller's own seller id, for what only a seller in good standing may do.
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
  return requireManaged(ctx, id, await lockSeller(ctx.db, id));
}

/**
 * A seller as found for a change, where the caller may make it.
 * @throws Problem NOT_FOUND, FORBIDDEN
 */
export function requireManaged(ctx: Ctx, id: string, seller: SellerRow | undefined): SellerRow {
  const isMine = mayManage(ctx, id);
  if (seller === undefined || (seller.status !== 'VERIFIED' && !isMine)) throw notFound('seller');
  if (!isMine) throw new Problem(FORBIDDEN, 'This is not your seller profile.');
  return seller;
}

function columnsOf<T extends Partial<SellerInput>>(input: T): T {
  return {
    ...input,
    ...(input.business_phone === undefined ? {} : { business_phone: e164(input.business_phone) }),
    ...(input.business_name === undefined
      ? {}
      : { business_name: acceptableName(input.business_name) }),
  };
}

function e164(text: string): string {
  const phone = parsePhone(text);
  if (phone === undefined)
    throw invalidField('/business_phone', 'must be a Philippine phone number such as 09171234567');
  return phone.e164;
}

function acceptableName(name: string): string {
  const fault = nameFault(name);
  if (fault !== undefined) throw invalidField('/business_name', fault);
  return name;
}

/** What becomes of a name that was sent: taken on, kept for an admin to look at, or a request that is withdrawn. */
async function nameColumns(
  ctx: TxCtx,
  before: SellerRow,
  business_name: string | undefined,
): Promise<Updateable<Sellers>> {
  if (business_name === undefined) return {};
  const isAdmin = ctx.actor.kind === 'user' && ctx.actor.role === 'admin';
  const withoutRequest = { requested_name: null, name_requested_at: null };
  if (isAdmin || !isNameReviewed(before) || business_name === before.business_name)
    return { business_name, ...withoutRequest };
  if (await isNameTaken(ctx.db, { business_name, except: before.id })) throw nameTaken();
  return {
    business_name: before.business_name,
    requested_name: business_name,
    name_requested_at: ctx.clock.now(),
  };
}

/** Turns a broken unique index into its refusal. */
export function refuseTaken(error: unknown): never {
  const constraint = violatedConstraint(error);
  if (constraint === 'sellers_user_key')
    throw new Problem(CONFLICT, 'You have a seller profile already.');
  throw constraint === 'sellers_name_key' ? nameTaken() : error;
}
