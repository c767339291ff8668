// A user's addresses: where orders can be delivered. One address, if there is any, is the default.
import { type Ctx, signedIn } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { invalidField, limitReached, notFound } from '../../lib/problem.ts';
import { parsePhone } from '../../lib/text/phone.ts';
import { changesBetween, recordAudit } from '../audit/audit.service.ts';
import { requireBarangay } from '../places/places.service.ts';
import { lockCaller } from '../users/profiles/profiles.service.ts';
import {
  clearDefault,
  countAddresses,
  findAddress,
  findAddressPage,
  insertAddress,
  makeNewestDefault,
  type NamedAddress,
  updateAddress,
} from './addresses.queries.ts';

export type { NamedAddress } from './addresses.queries.ts';

export const MAX_ADDRESSES = 50;
const PERSONAL = [
  'label',
  'recipient_name',
  'recipient_phone',
  'street',
  'landmark',
  'barangay_code',
  'zip_code',
] as const;

export interface AddressInput {
  readonly label: string;
  readonly recipient_name: string;
  readonly recipient_phone: string;
  readonly street: string;
  readonly landmark?: string;
  readonly barangay_code: string;
  readonly zip_code?: string;
  readonly is_default?: boolean;
}

/** The caller's addresses, newest first. */
export function listAddresses(ctx: Ctx, page: PageRequest): Promise<Page<NamedAddress>> {
  return findAddressPage(ctx.db, signedIn(ctx).user_id, page);
}

/** One of the caller's addresses. @throws Problem NOT_FOUND, also for somebody else's */
export async function getAddress(ctx: Ctx, id: string): Promise<NamedAddress> {
  const address = await findAddress(ctx.db, signedIn(ctx).user_id, id);
  if (address === undefined) throw notFound('address');
  return address;
}

/** What an order copies of an address. */
export type PostalAddress = Pick<
  NamedAddress,
  (typeof PERSONAL)[number] | 'barangay' | 'city' | 'province' | 'region'
>;

/** The same without what belongs to the whole list, in one statement. @throws Problem NOT_FOUND, also for somebody else's */
export async function getOwnAddress(ctx: Ctx, id: string): Promise<PostalAddress> {
  const {
    label,
    recipient_name,
    recipient_phone,
    street,
    landmark,
    zip_code,
    barangay_code,
    ...row
  } = await getAddress(ctx, id);
  const { barangay, city, province, region } = row;
  return {
    label,
    recipient_name,
    recipient_phone,
    street,
    landmark,
    zip_code,
    barangay_code,
    barangay,
    city,
    province,
    region,
  };
}

/**
 * Adds an address; the first one is the default in any case.
 * @throws Problem VALIDATION_ERROR, LIMIT_REACHED where there are MAX_ADDRESSES already
 */
export function addAddress(ctx: Ctx, input: AddressInput): Promise<NamedAddress> {
  const id = newId();
  return inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    await requireBarangay(ctx, input.barangay_code);
    const count = await countAddresses(ctx.db, user.id);
    if (count >= MAX_ADDRESSES)
      throw limitReached(
        'MAX_ADDRESSES',
        MAX_ADDRESSES,
        `There are ${MAX_ADDRESSES} addresses already, the most allowed: remove one first.`,
      );
    const is_default = count === 0 || input.is_default === true;
    if (is_default) await clearDefault(ctx.db, user.id);
    const now = ctx.clock.now();
    await insertAddress(ctx.db, {
      ...columnsOf(input),
      id,
      user_id: user.id,
      is_default,
      created_at: now,
      updated_at: now,
    });
    await recordAudit(ctx, { action: 'address.added', object_type: 'address', object_id: id });
    return getAddress(ctx, id);
  });
}

/** @throws Problem NOT_FOUND, VALIDATION_ERROR, also for a default that would leave none */
export function changeAddress(
  ctx: Ctx,
  id: string,
  changes: Partial<AddressInput>,
): Promise<NamedAddress> {
  return inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    const before = await getAddress(ctx, id);
    if (before.is_default && changes.is_default === false) {
      throw invalidField('/is_default', 'must stay true: make another address the default instead');
    }
    if (changes.barangay_code !== undefined) await requireBarangay(ctx, changes.barangay_code);
    if (changes.is_default === true) await clearDefault(ctx.db, user.id);
    await updateAddress(ctx.db, id, { ...columnsOf(changes), updated_at: ctx.clock.now() });
    const address = await getAddress(ctx, id);
    await recordAudit(ctx, {
      action: 'address.changed',
      object_type: 'address',
      object_id: id,
      changes: changesBetween(before, address, ['is_default']),
      personal: PERSONAL.filter((field) => before[field] !== address[field]),
    });
    return address;
  });
}

/** Where the default goes, the newest of the others takes its place. @throws Problem NOT_FOUND */
export function removeAddress(ctx: Ctx, id: string): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    const user = await lockCaller(ctx);
    const { is_default } = await getAddress(ctx, id);
    const now = ctx.clock.now();
    await updateAddress(ctx.db, id, { is_default: false, deleted_at: now, updated_at: now });
    if (is_default) await makeNewestDefault(ctx.db, user.id);
    await recordAudit(ctx, { action: 'address.removed', object_type: 'address', object_id: id });
  });
}

function columnsOf<T extends Partial<AddressInput>>(input: T): T {
  if (input.recipient_phone === undefined) return input;
  const phone = parsePhone(input.recipient_phone);
  if (phone === undefined)
    throw invalidField('/recipient_phone', 'must be a Philippine phone number such as 09171234567');
  return { ...input, recipient_phone: phone.e164 };
}
