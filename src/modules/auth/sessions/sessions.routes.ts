// /auth/sessions: where I am signed in.
import { Type } from 'typebox';
import { signedIn } from '../../../context.ts';
import { mapPage } from '../../../db/paging/paging.ts';
import { OWN_ACCOUNT } from '../../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../../http/route.ts';
import { Id, IdParams, type Infer, Model, Nullable, Timestamp } from '../../../lib/schema.ts';
import { examples } from '../../users/users.examples.ts';
import { endAllSessions, endSession, listSessions, type SessionRow } from './sessions.service.ts';

const Session = Model(
  'Session',
  Type.Object({
    id: Id,
    is_current: Type.Boolean({ description: 'The session of this very request' }),
    user_agent: Nullable(Type.String()),
    ip_prefix: Nullable(
      Type.String({ description: 'The network of the sign-in, never the whole address' }),
    ),
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
  }),
  examples.Session,
);

export const sessionRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listSessions',
    path: '/auth/sessions',
    access: OWN_ACCOUNT,
    tag: 'Auth',
    summary: 'List my sessions',
    description: 'Newest first.',
    item: Session,
    cache: 'personal',
    list: async (ctx, { page }) =>
      mapPage(await listSessions(ctx, page), (row) => sessionView(row, signedIn(ctx).session_id)),
  }),
  route({
    operationId: 'signOutEverywhere',
    method: 'DELETE',
    path: '/auth/sessions',
    access: OWN_ACCOUNT,
    stepUp: true,
    tag: 'Auth',
    summary: 'Sign out everywhere',
    description: 'This session included.',
    status: 204,
    handle: (ctx) => endAllSessions(ctx),
  }),
  route({
    operationId: 'endSession',
    method: 'DELETE',
    path: '/auth/sessions/:id',
    access: OWN_ACCOUNT,
    stepUp: true,
    tag: 'Auth',
    summary: 'End one of my sessions',
    params: IdParams,
    status: 204,
    handle: (ctx, { params }) => endSession(ctx, params.id),
  }),
];

function sessionView(row: SessionRow, current_id: string): Infer<typeof Session> {
  return {
    id: row.id,
    is_current: row.id === current_id,
    user_agent: row.user_agent,
    ip_prefix: row.ip_prefix,
    created_at: row.created_at.toISOString(),
    last_used_at: row.last_used_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  };
}
