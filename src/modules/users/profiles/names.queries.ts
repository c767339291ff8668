// SQL over the names of users.
import type { Db } from '../../../db/database.ts';

export function findFullName(
  db: Db,
  user_id: string,
): Promise<{ first_name: string; last_name: string } | undefined> {
  return db
    .selectFrom('users')
    .select(['first_name', 'last_name'])
    .where('id', '=', user_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}
