// /users: my own profile, and everybody's for admins; how accounts end stands in accounts.
import { Type } from 'typebox';
import { ROLES, signedIn } from '../../context.ts';
import { mapPage } from '../../db/paging/paging.ts';
import { ADMIN, OWN_ACCOUNT, SIGNED_IN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { CONFLICT, RATE_LIMITED } from '../../lib/problem.ts';
import { Closed, IdParams, Line, Model, Moment, OneOf, Patch } from '../../lib/schema.ts';
import { clearFactor } from '../auth/mfa/mfa.service.ts';
import { changeOwnProfile } from './contacts/contacts.service.ts';
import * as profiles from './profiles/profiles.service.ts';
import { examples } from './users.examples.ts';
import * as users from './users.service.ts';
import { ProfileFields, User, userView } from './users.views.ts';

const OwnProfilePatch = Model(
  'OwnProfilePatch',
  Patch(Closed(ProfileFields)),
  examples.OwnProfilePatch,
);
const SORT = `-?(${users.USER_SORTS.join('|')})`;
const UserQuery = Type.Object({
  role: Type.Optional(OneOf('Role', ROLES, { description: 'Only users with it' })),
  is_active: Type.Optional(Type.Boolean({ description: 'Only accounts that are open, or closed' })),
  verified: Type.Optional(
    Type.Boolean({ description: 'Has confirmed an e-mail address or a phone number' }),
  ),
  search: Type.Optional(Line(100, { description: 'Part of a name or e-mail address' })),
  created_from: Type.Optional(Moment),
  created_to: Type.Optional(Moment),
  ordering: Type.Optional(
    Type.String({
      pattern: `^${SORT}(,${SORT}){0,${users.USER_SORTS.length - 1}}$`,
      maxLength: 100,
      description: `some of ${users.USER_SORTS.join(', ')}, with commas between and - before those that descend`,
      examples: ['last_name,-created_at'],
    }),
  ),
});

export const userRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'getProfile',
    method: 'GET',
    path: '/users/me',
    access: OWN_ACCOUNT,
    tag: 'Users',
    summary: 'Get my profile',
    status: 200,
    returns: User,
    cache: 'personal',
    handle: async (ctx) => userView(await profiles.getProfile(ctx, signedIn(ctx).user_id)),
  }),
  route({
    operationId: 'updateProfile',
    method: 'PATCH',
    path: '/users/me',
    access: SIGNED_IN,
    stepUp: ['user_email', 'user_phone'],
    tag: 'Users',
    summary: 'Change my profile',
    description:
      'A changed e-mail address, or a number in place of a confirmed one, is pending until the code that is sent to it comes to `POST /auth/verify/email` or `POST /auth/verify/phone`. The old one stays in force until then, is told, and can undo the change for seven days.',
    body: OwnProfilePatch,
    status: 200,
    returns: User,
    problems: [CONFLICT, RATE_LIMITED],
    handle: async (ctx, { body }) => userView(await changeOwnProfile(ctx, body)),
  }),
  listRoute({
    operationId: 'listUsers',
    path: '/users',
    access: ADMIN,
    tag: 'Users',
    summary: 'List users',
    description: 'Newest first unless `ordering` says otherwise; deleted users are left out.',
    query: UserQuery,
    item: User,
    cache: 'personal',
    list: async (ctx, { query: { created_from, created_to, ...query }, page }) => {
      const from = created_from === undefined ? {} : { created_from: new Date(created_from) };
      const to = created_to === undefined ? {} : { created_to: new Date(created_to) };
      return mapPage(await users.listUsers(ctx, { ...query, ...from, ...to }, page), userView);
    },
  }),
  route({
    operationId: 'getUser',
    method: 'GET',
    path: '/users/:id',
    access: ADMIN,
    tag: 'Users',
    summary: 'Get a user',
    params: IdParams,
    status: 200,
    returns: User,
    cache: 'personal',
    handle: async (ctx, { params }) => userView(await profiles.getProfile(ctx, params.id)),
  }),
  route({
    operationId: 'restoreUser',
    method: 'POST',
    path: '/users/:id/restore',
    access: ADMIN,
    stepUp: true,
    tag: 'Users',
    summary: 'Restore a deleted user',
    params: IdParams,
    status: 200,
    returns: User,
    problems: [CONFLICT],
    handle: async (ctx, { params }) => userView(await users.restoreUser(ctx, params.id)),
  }),
  route({
    operationId: 'clearMfa',
    method: 'POST',
    path: '/users/:id/mfa/clear',
    access: ADMIN,
    stepUp: true,
    tag: 'Users',
    summary: 'Clear the second factor of a user',
    description:
      'For somebody who lost it, once you know who asks. Signs them out everywhere and notifies them.',
    params: IdParams,
    status: 204,
    problems: [CONFLICT],
    handle: (ctx, { params }) => clearFactor(ctx, params.id),
  }),
];
