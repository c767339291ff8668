// The audit log: who did what to which object, written in the transaction of the deed and never changed.
import type { Ctx, TxCtx } from '../../context.ts';
import { type CommittedDeed, DEED_COMMITTED } from '../../db/commits/commit-memory.ts';
import { insertTogether } from '../../db/insert-together.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { newId } from '../../lib/ids.ts';
import { type AuditFilter, type AuditRow, findAuditPage } from './audit.queries.ts';

export interface AuditedDeed {
  /** `noun.verb`, e.g. `seller.verified`. */
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  /** `[before, after]` by field; never a personal value. */
  readonly changes?: Readonly<Record<string, readonly [before: unknown, after: unknown]>>;
  /** Names of personal fields that changed; their values stay out of the log. */
  readonly personal?: readonly string[];
  /** What people call the object, such as the number of an order; kept in no table, told where the deed is lost. */
  readonly called?: string;
}

/** Writes one entry for the acting user; rolls back with the deed. */
export async function recordAudit(ctx: TxCtx, deed: AuditedDeed): Promise<void> {
  await insertTogether(ctx.db, { audit_entries: [auditRow(ctx, deed)] });
}

/** The entry as a row, for deeds that write theirs together with other tables. Once committed, the deed is remembered and logged. */
export function auditRow(ctx: TxCtx, deed: AuditedDeed): AuditRow {
  const personal = deed.personal ?? [];
  const entry_id = newId();
  const { action, object_type, object_id, called } = deed;
  ctx.afterCommit(() => acknowledge(ctx, { entry_id, action, object_type, object_id, called }));
  return {
    id: entry_id,
    actor_id: ctx.actor.kind === 'user' ? ctx.actor.user_id : null,
    actor_role: ctx.actor.kind === 'user' ? ctx.actor.role : ctx.actor.kind,
    action: deed.action,
    object_type: deed.object_type,
    object_id: deed.object_id,
    changes: JSON.parse(
      JSON.stringify({ ...deed.changes, ...(personal.length > 0 ? { personal } : {}) }),
    ),
    ip_prefix: ctx.ipPrefix ?? null,
    request_id: ctx.requestId,
    created_at: ctx.clock.now(),
  };
}

function acknowledge({ commits, log }: Ctx, deed: CommittedDeed): void {
  commits?.note(deed);
  log.info(deed, DEED_COMMITTED);
}

/** `[before, after]` of every listed field whose value differs. */
export function changesBetween<Row extends object>(
  before: Row,
  after: Row,
  fields: readonly (keyof Row & string)[],
): Record<string, [unknown, unknown]> {
  const differing = fields.filter((field) => String(before[field]) !== String(after[field]));
  return Object.fromEntries(differing.map((field) => [field, [before[field], after[field]]]));
}

/** Entries that match, newest first. */
export function listAuditEntries(
  ctx: Ctx,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditRow>> {
  return findAuditPage(ctx.db, filter, page);
}
