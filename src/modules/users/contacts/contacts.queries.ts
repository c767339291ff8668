// SQL over contact_changes.
import type { Insertable, Selectable } from 'kysely';
import type { Db } from '../../../db/database.ts';
import type { ContactChanges } from '../../../db/schema.generated.ts';
import type { Contact } from './contacts.rules.ts';

export type ContactChangeRow = Selectable<ContactChanges>;

export async function insertContactChange(
  db: Db,
  row: Insertable<ContactChanges> & { contact: Contact },
): Promise<void> {
  await db.insertInto('contact_changes').values(row).execute();
}

export function findContactChange(db: Db, id: string): Promise<ContactChangeRow | undefined> {
  return db.selectFrom('contact_changes').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The change that waits for its code; there is at most one. */
export function findPendingChange(
  db: Db,
  user_id: string,
  contact: Contact,
): Promise<ContactChangeRow | undefined> {
  return db
    .selectFrom('contact_changes')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('contact', '=', contact)
    .where('confirmed_at', 'is', null)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
}

export async function confirmChange(db: Db, id: string, at: Date): Promise<void> {
  await db.updateTable('contact_changes').set({ confirmed_at: at }).where('id', '=', id).execute();
}

/** Gives up what waits for a code: of one contact, or of both. */
export async function closePendingChanges(
  db: Db,
  of: { readonly user_id: string; readonly contact?: Contact; readonly at: Date },
): Promise<void> {
  let query = db
    .updateTable('contact_changes')
    .set({ closed_at: of.at })
    .where('user_id', '=', of.user_id)
    .where('confirmed_at', 'is', null)
    .where('closed_at', 'is', null);
  if (of.contact !== undefined) query = query.where('contact', '=', of.contact);
  await query.execute();
}

/** Voids every change of an account, those that are confirmed and could still be undone too. */
export async function closeAllChanges(
  db: Db,
  { user_id, at }: { readonly user_id: string; readonly at: Date },
): Promise<void> {
  await db
    .updateTable('contact_changes')
    .set({ closed_at: at })
    .where('user_id', '=', user_id)
    .where('closed_at', 'is', null)
    .execute();
}

/** Voids a change and all of the same contact that came after it, so that nobody can undo the undoing. */
export async function closeChangesFrom(db: Db, change: ContactChangeRow, at: Date): Promise<void> {
  await db
    .updateTable('contact_changes')
    .set({ closed_at: at })
    .where('user_id', '=', change.user_id)
    .where('contact', '=', change.contact)
    .where('created_at', '>=', change.created_at)
    .where('closed_at', 'is', null)
    .execute();
}
