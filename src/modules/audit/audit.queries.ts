// SQL over audit_entries.
import type { Selectable } from 'kysely';
import type { Db } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { AuditEntries } from '../../db/schema.generated.ts';

export type AuditRow = Selectable<AuditEntries>;

export interface AuditFilter {
  readonly actor_id?: string;
  readonly action?: string;
  readonly object_type?: string;
  readonly object_id?: string;
  readonly from?: string;
  readonly to?: string;
}

export function findAuditPage(
  db: Db,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditRow>> {
  let query = db.selectFrom('audit_entries').selectAll();
  if (filter.actor_id !== undefined) query = query.where('actor_id', '=', filter.actor_id);
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.object_type !== undefined) query = query.where('object_type', '=', filter.object_type);
  if (filter.object_id !== undefined) query = query.where('object_id', '=', filter.object_id);
  if (filter.from !== undefined) query = query.where('created_at', '>=', new Date(filter.from));
  if (filter.to !== undefined) query = query.where('created_at', '<', new Date(filter.to));
  return fetchPage(db, query, {
    order: newestFirst('created_at', 'id'),
    page,
  });
}
