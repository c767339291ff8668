// GET /audit-logs: what happened, for admins.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute } from '../../http/route.ts';
import { Id, type Infer, Line, Model, Moment, Nullable, Timestamp } from '../../lib/schema.ts';
import { examples } from './audit.examples.ts';
import type { AuditRow } from './audit.queries.ts';
import { listAuditEntries } from './audit.service.ts';

const AuditEntry = Model(
  'AuditEntry',
  Type.Object({
    id: Id,
    actor_id: Nullable(Id),
    actor_role: Type.String(),
    action: Type.String({ examples: ['seller.verified'] }),
    object_type: Type.String(),
    object_id: Type.String(),
    changes: Type.Record(Type.String(), Type.Unknown(), {
      description: '`[before, after]` by field; of personal fields the names alone',
    }),
    ip_prefix: Nullable(Type.String({ description: 'Network of the caller' })),
    request_id: Nullable(Type.String()),
    created_at: Timestamp,
  }),
  examples.AuditEntry,
);

export const auditRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listAuditEntries',
    path: '/audit-logs',
    access: ADMIN,
    tag: 'Audit',
    summary: 'List audit entries',
    description: 'Newest first.',
    query: Type.Object({
      actor_id: Type.Optional(Id),
      action: Type.Optional(Line(100, { description: 'What was done, e.g. `seller.verified`' })),
      object_type: Type.Optional(Line(50, { description: 'To what kind of object' })),
      object_id: Type.Optional(Line(100, { description: 'To which object' })),
      from: Type.Optional(Moment),
      to: Type.Optional(Moment),
    }),
    item: AuditEntry,
    cache: 'personal',
    list: async (ctx, { query, page }) =>
      mapPage(await listAuditEntries(ctx, query, page), auditView),
  }),
];

function auditView(row: AuditRow): Infer<typeof AuditEntry> {
  // auditRow() writes nothing but objects.
  const changes = row.changes as Record<string, unknown>;
  return { ...row, changes, created_at: row.created_at.toISOString() };
}
