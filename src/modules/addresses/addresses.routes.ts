// /users/me/addresses: the caller's addresses.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { SIGNED_IN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { LIMIT_REACHED } from '../../lib/problem.ts';
import {
  Closed,
  Id,
  IdParams,
  type Infer,
  Line,
  Model,
  Nullable,
  Patch,
  Timestamp,
} from '../../lib/schema.ts';
import { examples } from '../users/users.examples.ts';
import * as addresses from './addresses.service.ts';

const AddressFields = {
  label: Line(50, { examples: ['Home'] }),
  recipient_name: Line(120, { examples: ['Maria Santos'] }),
  recipient_phone: Line(32, {
    description: 'a Philippine phone number in any common form',
    examples: ['0917 123 4567'],
  }),
  street: Line(200, { examples: ['12 Mabini Street'] }),
  landmark: Type.Optional(Line(200, { examples: ['across the chapel'] })),
  barangay_code: Type.String({
    pattern: '^\\d{10}$',
    description: 'a 10-digit PSGC code',
    examples: ['1380607001'],
  }),
  zip_code: Type.Optional(
    Type.String({ pattern: '^\\d{4}$', description: 'four digits', examples: ['1000'] }),
  ),
  is_default: Type.Optional(Type.Boolean()),
};
const NewAddress = Model('NewAddress', Closed(AddressFields), examples.NewAddress);
const AddressPatch = Model('AddressPatch', Patch(Closed(AddressFields)), examples.AddressPatch);
const Address = Model(
  'Address',
  Type.Object({
    id: Id,
    label: Type.String(),
    recipient_name: Type.String(),
    recipient_phone: Type.String({ description: 'E.164' }),
    street: Type.String(),
    landmark: Nullable(Type.String()),
    barangay_code: Type.String(),
    barangay: Type.String(),
    city: Type.String(),
    province: Nullable(Type.String({ description: 'Null in NCR and in independent cities' })),
    region: Type.String(),
    zip_code: Nullable(Type.String()),
    is_default: Type.Boolean(),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Address,
);

export const addressRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listAddresses',
    path: '/users/me/addresses',
    access: SIGNED_IN,
    tag: 'Addresses',
    summary: 'List my addresses',
    description: 'Newest first.',
    item: Address,
    cache: 'personal',
    list: async (ctx, { page }) => mapPage(await addresses.listAddresses(ctx, page), addressView),
  }),
  route({
    operationId: 'addAddress',
    method: 'POST',
    path: '/users/me/addresses',
    access: SIGNED_IN,
    tag: 'Addresses',
    summary: 'Add an address',
    description: 'The first one becomes the default.',
    body: NewAddress,
    status: 201,
    returns: Address,
    problems: [LIMIT_REACHED],
    cache: 'personal',
    handle: async (ctx, { body }) => addressView(await addresses.addAddress(ctx, body)),
  }),
  route({
    operationId: 'getAddress',
    method: 'GET',
    path: '/users/me/addresses/:id',
    access: SIGNED_IN,
    tag: 'Addresses',
    summary: 'Get one of my addresses',
    params: IdParams,
    status: 200,
    returns: Address,
    cache: 'personal',
    handle: async (ctx, { params }) => addressView(await addresses.getAddress(ctx, params.id)),
  }),
  route({
    operationId: 'updateAddress',
    method: 'PATCH',
    path: '/users/me/addresses/:id',
    access: SIGNED_IN,
    tag: 'Addresses',
    summary: 'Change one of my addresses',
    params: IdParams,
    body: AddressPatch,
    status: 200,
    returns: Address,
    handle: async (ctx, { params, body }) =>
      addressView(await addresses.changeAddress(ctx, params.id, body)),
  }),
  route({
    operationId: 'deleteAddress',
    method: 'DELETE',
    path: '/users/me/addresses/:id',
    access: SIGNED_IN,
    tag: 'Addresses',
    summary: 'Remove one of my addresses',
    description: 'Where it was the default, the newest of the others becomes it.',
    params: IdParams,
    status: 204,
    handle: (ctx, { params }) => addresses.removeAddress(ctx, params.id),
  }),
];

function addressView(row: addresses.NamedAddress): Infer<typeof Address> {
  return {
    id: row.id,
    label: row.label,
    recipient_name: row.recipient_name,
    recipient_phone: row.recipient_phone,
    street: row.street,
    landmark: row.landmark,
    barangay_code: row.barangay_code,
    barangay: row.barangay,
    city: row.city,
    province: row.province,
    region: row.region,
    zip_code: row.zip_code,
    is_default: row.is_default,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
