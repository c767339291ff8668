// People in the states in which their accounts refuse them something.
import type { Updateable } from 'kysely';
import type { Users } from '../../src/db/schema.generated.ts';
import { newId } from '../../src/lib/ids.ts';
import { hashPassword } from '../../src/modules/auth/passwords/passwords.ts';
import { undoToken } from '../../src/modules/users/contacts/contacts.rules.ts';
import { PASSWORD } from '../../src/modules/users/users.testkit.ts';
import { configuredKeys } from '../../src/tokens/derived-keys.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import type { TestApp } from '../support/app.ts';

export interface Member extends TestActor {
  readonly user_name: string;
  readonly user_email: string;
  readonly user_phone: string;
}

/** Somebody whose password is PASSWORD, with other columns of their account as given. */
export async function createMember(
  test: TestApp,
  columns: Updateable<Users> = {},
): Promise<Member> {
  const actor = await createActor(test);
  const password_hash = await hashPassword(test.system, PASSWORD);
  const names = await test.services.db
    .updateTable('users')
    .set({ password_hash, ...columns })
    .where('id', '=', actor.user_id)
    .returning(['user_name', 'user_email', 'user_phone'])
    .executeTakeFirstOrThrow();
  // A spread would freeze the token.
  return Object.assign(actor, names);
}

/** Somebody with a second factor, which counts where `columns` say since when. */
export async function createEnrolled(
  test: TestApp,
  columns: Updateable<Users> = {},
): Promise<Member> {
  const member = await createMember(test);
  const { token, user_id } = member;
  await test.call({ method: 'POST', path: '/auth/mfa/totp/enroll', token });
  if (Object.keys(columns).length === 0) return member;
  await test.services.db.updateTable('users').set(columns).where('id', '=', user_id).execute();
  return member;
}

/** Somebody whose confirmed address became another confirmed one. @returns what undoes it */
export async function makeConfirmedChange(
  test: TestApp,
): Promise<{ token: string; old_email: string }> {
  const { user_id, user_email: old_value } = await createMember(test);
  const id = newId();
  const now = test.clock.now();
  const new_value = `new-${old_value}`;
  const { db } = test.services;
  await db
    .insertInto('contact_changes')
    .values({
      id,
      user_id,
      contact: 'email',
      old_value,
      new_value,
      old_confirmed: true,
      created_at: now,
      confirmed_at: now,
    })
    .execute();
  await db.updateTable('users').set({ user_email: new_value }).where('id', '=', user_id).execute();
  const [key] = configuredKeys(test.services.config, 'contact-undo');
  return { token: undoToken(key, id), old_email: old_value };
}
