import { expect, it } from 'vitest';
import type { DevMessage } from '../../gateways/messages/dev-messages.ts';
import { messagesBody } from './messages-page.ts';

const MAIL: DevMessage = {
  channel: 'email',
  to: 'ana@example.com',
  subject: '<b>Your order</b>',
  text: 'Thank you & see you',
  code: undefined,
  created_at: new Date('2026-03-02T02:00:00Z'),
};

it('says that nothing was sent, and to whom that was asked', () => {
  expect(messagesBody({ messages: [], to: undefined })).toContain('<p>Nothing was sent yet.</p>');
  const body = messagesBody({ messages: [], to: '"><script>' });
  expect(body).toContain('<p>Nothing was sent to this address yet.</p>');
  expect(body).toContain('value="&quot;&gt;&lt;script&gt;"');
});

it('shows each message with its kind, its words escaped, and a code only where it has one', () => {
  const sms: DevMessage = { ...MAIL, channel: 'sms', to: '+639171234567', code: '123456' };
  const [page = '', first = '', second = ''] = messagesBody({
    messages: [MAIL, sms],
    to: undefined,
  }).split('<article>');
  expect(page).toContain('<p>The newest 2, newest first.</p>');
  expect(first).toContain('<h2>&lt;b&gt;Your order&lt;/b&gt;</h2>');
  expect(first).toContain('Mail to <a href="/dev/messages?to=ana%40example.com">');
  expect(first).not.toContain('Code:');
  expect(second).toContain('SMS to <a href="/dev/messages?to=%2B639171234567">');
  expect(second).toContain('<p>Code: <code>123456</code></p>');
});
