import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScratchDatabase, type ScratchDatabase } from '../scratch-database.ts';
import { createDevMailbox, listDevMessages, MAX_DEV_MESSAGES } from './dev-messages.ts';

describe('development mailbox', () => {
  let scratch: ScratchDatabase;
  let now = new Date('2026-11-02T08:00:00Z');
  const clock = { now: () => now };
  beforeAll(async () => {
    scratch = await createScratchDatabase(1);
  });
  afterAll(() => scratch.drop());
  beforeEach(async () => {
    await scratch.db.deleteFrom('dev_messages').execute();
  });

  const mailbox = (channel: 'email' | 'sms') =>
    createDevMailbox({ db: scratch.db, clock, channel });

  it('shows what was sent on both channels, newest first, with the code apart', async () => {
    await mailbox('email').send({
      to: 'ana@example.test',
      subject: 'Your code',
      text: 'It is 123456.',
      code: '123456',
    });
    now = new Date('2026-11-02T08:00:01Z');
    await mailbox('sms').send({ to: '+639171234567', subject: 'Order', text: 'Shipped.' });

    expect(await listDevMessages(scratch.db, { limit: 10 })).toEqual([
      { to: '+639171234567', channel: 'sms', subject: 'Order', text: 'Shipped.', created_at: now },
      {
        to: 'ana@example.test',
        channel: 'email',
        subject: 'Your code',
        text: 'It is 123456.',
        code: '123456',
        created_at: new Date('2026-11-02T08:00:00Z'),
      },
    ]);
  });

  it('finds the messages of one recipient without regard to case, and no others', async () => {
    await mailbox('email').send({ to: 'Ana@Example.test', subject: 'A', text: '' });
    await mailbox('email').send({ to: 'ben@example.test', subject: 'B', text: '' });

    const found = await listDevMessages(scratch.db, { to: 'ana@example.TEST', limit: 10 });
    expect(found.map((message) => message.subject)).toEqual(['A']);
  });

  it('gives no more than the limit', async () => {
    for (const subject of ['1', '2', '3']) {
      await mailbox('sms').send({ to: '+639171234567', subject, text: '' });
    }
    const found = await listDevMessages(scratch.db, { limit: 2 });
    expect(found.map((message) => message.subject)).toEqual(['3', '2']);
  });

  it(`keeps the newest ${MAX_DEV_MESSAGES} messages and drops the oldest`, async () => {
    await mailbox('sms').send({ to: '+639171234567', subject: 'first', text: '' });
    await mailbox('sms').send({ to: '+639171234567', subject: 'second', text: '' });
    for (let sent = 2; sent <= MAX_DEV_MESSAGES; sent += 1) {
      await mailbox('sms').send({ to: '+639171234567', subject: 'later', text: '' });
    }
    const kept = await listDevMessages(scratch.db, { limit: MAX_DEV_MESSAGES * 2 });
    expect(kept).toHaveLength(MAX_DEV_MESSAGES);
    expect(kept.at(-1)?.subject).toBe('second');
  });
});
