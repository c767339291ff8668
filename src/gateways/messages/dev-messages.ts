// The development mailbox: mail and SMS that are kept for reading at `/dev/messages` instead of being sent.
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import type { Clock } from '../../lib/time.ts';
import type { Message, MessageGateway } from './messages.ts';

export const MAX_DEV_MESSAGES = 1_000;

export interface DevMessage extends Message {
  readonly channel: MessageGateway['channel'];
  readonly created_at: Date;
}

interface DevMailboxOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly channel: MessageGateway['channel'];
}

/** A gateway that sends nothing: it keeps the newest MAX_DEV_MESSAGES messages of all channels. */
export function createDevMailbox({ db, clock, channel }: DevMailboxOptions): MessageGateway {
  return {
    channel,
    async send({ to, subject, text, code }) {
      const content = { recipient: to, channel, subject, text, code: code ?? null };
      const row = { id: newId(), ...content, created_at: clock.now() };
      await db.insertInto('dev_messages').values(row).execute();
      await trim(db);
    },
  };
}

/** Ids are in order of sending, so the primary key finds the surplus. */
async function trim(db: Db): Promise<void> {
  const surplus = db
    .selectFrom('dev_messages')
    .select('id')
    .orderBy('id', 'desc')
    .offset(MAX_DEV_MESSAGES);
  await db.deleteFrom('dev_messages').where('id', 'in', surplus).execute();
}

/** The newest messages first; `to` is compared without regard to case. */
export async function listDevMessages(
  db: Db,
  { to, limit }: { readonly to?: string | undefined; readonly limit: number },
): Promise<DevMessage[]> {
  const rows = await db
    .selectFrom('dev_messages')
    .selectAll()
    .$if(to !== undefined, (query) => query.where(sql`lower(recipient)`, '=', to?.toLowerCase()))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ recipient, channel, subject, text, code, created_at }) => ({
    to: recipient,
    channel: channel === 'sms' ? 'sms' : 'email',
    subject,
    text,
    ...(code === null ? {} : { code }),
    created_at,
  }));
}
