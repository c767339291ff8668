// The audit log: who did what to which object, written in the transaction of the change and never altered.
import type { Ctx, TxCtx } from '../../context.ts';
import { type CommittedEntry, ENTRY_COMMITTED } from '../../db/commits/commit-memory.ts';
import { insertTogether } from '../../db/insert-together.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { newId } from '../../lib/ids.ts';
import { type AuditFilter, type AuditRow, findAuditPage } from './audit.queries.ts';

export { changesBetween } from './audit.rules.ts';

export interface NewAuditEntry {
  /** `noun.verb`, e.g. `seller.verified`. */
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  /** `[before, after]` by field; never a personal value. */
  readonly changes?: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
  /** Names of personal fields that changed; their values stay out of the log. */
  readonly personal?: readonly string[];
  /** What people call the object, such as the number of an order; not stored; logged where the entry is lost. */
  readonly called?: string;
}

/** Writes one entry for the acting user; rolls back with the change. */
export async function recordAudit(ctx: TxCtx, entry: NewAuditEntry): Promise<void> {
  await insertTogether(ctx.db, { audit_entries: [auditRow(ctx, entry)] });
}

/** The entry as a row, for callers that insert it together with other tables. Once committed, it is remembered and logged. */
export function auditRow(ctx: TxCtx, entry: NewAuditEntry): AuditRow {
  const personal = entry.personal ?? [];
  const entry_id = newId();
  const { action, object_type, object_id, called } = entry;
  ctx.afterCommit(() => acknowledge(ctx, { entry_id, action, object_type, object_id, called }));
  return {
    id: entry_id,
    actor_id: ctx.actor.kind === 'user' ? ctx.actor.user_id : null,
    actor_role: ctx.actor.kind === 'user' ? ctx.actor.role : ctx.actor.kind,
    action: entry.action,
    object_type: entry.object_type,
    object_id: entry.object_id,
    changes: JSON.parse(
      JSON.stringify({ ...entry.changes, ...(personal.length > 0 ? { personal } : {}) }),
    ),
    ip_prefix: ctx.ipPrefix ?? null,
    request_id: ctx.requestId,
    created_at: ctx.clock.now(),
  };
}

function acknowledge({ commits, log }: Ctx, entry: CommittedEntry): void {
  commits?.note(entry);
  log.info(entry, ENTRY_COMMITTED);
}

/** Entries that match, newest first. */
export function listAuditEntries(
  ctx: Ctx,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditRow>> {
  return findAuditPage(ctx.db, filter, page);
}
