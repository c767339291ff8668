// /users: changing and deleting accounts, which reaches into orders and sellers.
import { Type } from 'typebox';
import { ROLES, signedIn } from '../../context.ts';
import { ADMIN, SIGNED_IN } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { CONFLICT, OPEN_ORDERS } from '../../lib/problem.ts';
import { Closed, IdParams, Model, Nullable, OneOf, Patch } from '../../lib/schema.ts';
import { ProfileFields, User, userView } from '../users/users.views.ts';
import { examples } from './accounts.examples.ts';
import { changeAccount, deleteAccount } from './closing.service.ts';

const UserPatch = Model(
  'UserPatch',
  Patch(Closed({ ...ProfileFields, role: OneOf('Role', ROLES), is_active: Type.Boolean() })),
  examples.UserPatch,
);
const ChangedUser = Model(
  'ChangedUser',
  Type.Object({
    ...User.properties,
    open_seller_orders: Nullable(
      Type.Integer({
        description:
          'Where this change suspended a seller: their seller orders that an admin has yet to finish',
      }),
    ),
  }),
  examples.ChangedUser,
);

const ENDS_ORDERS =
  'Open orders that are not paid are cancelled; while others are paid or on their way, the account stays.';

export const accountRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'deleteAccount',
    method: 'DELETE',
    path: '/users/me',
    access: SIGNED_IN,
    stepUp: true,
    tag: 'Users',
    summary: 'Delete my account',
    description: `Signs me out everywhere at once and erases my personal data 30 days later. ${ENDS_ORDERS}`,
    status: 204,
    problems: [CONFLICT, OPEN_ORDERS],
    handle: (ctx) => deleteAccount(ctx, signedIn(ctx).user_id),
  }),
  route({
    operationId: 'updateUser',
    method: 'PATCH',
    path: '/users/:id',
    access: ADMIN,
    stepUp: ['user_email', 'user_phone', 'role', 'is_active'],
    tag: 'Users',
    summary: 'Change a user',
    description:
      'Role and activity take effect with the next request. The role of a user with a seller profile stays. Deactivating suspends the user as a seller, empties the cart and cancels what the user has ordered and not paid; `open_seller_orders` counts what admins have to finish at `PATCH /orders/{id}/status`, until deadlines cancel it. Activating again does not reinstate the market.',
    params: IdParams,
    body: UserPatch,
    status: 200,
    returns: ChangedUser,
    problems: [CONFLICT],
    handle: async (ctx, { params, body }) => {
      const { user, open_seller_orders } = await changeAccount(ctx, params.id, body);
      return { ...userView(user), open_seller_orders };
    },
  }),
  route({
    operationId: 'deleteUser',
    method: 'DELETE',
    path: '/users/:id',
    access: ADMIN,
    stepUp: true,
    tag: 'Users',
    summary: 'Delete a user',
    description: ENDS_ORDERS,
    params: IdParams,
    status: 204,
    problems: [CONFLICT, OPEN_ORDERS],
    handle: (ctx, { params }) => deleteAccount(ctx, params.id),
  }),
];
