// The development mailbox as a page: who would have got what, newest first.
import type { DevMessage } from '../../gateways/messages/dev-messages.ts';
import { escapeHtml } from '../../http/pages/html-page.ts';

export const MESSAGES_STYLE =
  'article{border-top:1px solid #c9d1c3;padding:.4rem 0}h2{font-size:1.05rem;margin:.4rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.4rem 0}label{margin-right:.5rem}input{font:inherit;padding:.3rem;min-width:16rem}a{color:#14532d}';

export interface Shown {
  readonly messages: readonly DevMessage[];
  /** Only those to this address or number are shown. */
  readonly to: string | undefined;
}

/** HTML with everything in it escaped: it is people's words. */
export function messagesBody({ messages, to }: Shown): string {
  const count =
    messages.length === 0
      ? `Nothing was sent${to === undefined ? '' : ' to this address'} yet.`
      : `The newest ${messages.length}, newest first.`;
  return `<p>Mail and SMS that this server would have sent. <a href="/">Start page</a></p>
<form method="get" action="/dev/messages">
<label for="to">To (e-mail address or number)</label>
<input id="to" name="to" required value="${escapeHtml(to ?? '')}">
<button>Show</button> <a href="/dev/messages">All</a>
</form>
<p>${count}</p>
${messages.map(messageArticle).join('\n')}`;
}

function messageArticle(message: DevMessage): string {
  const kind = message.channel === 'sms' ? 'SMS' : 'Mail';
  const at = message.created_at.toISOString();
  const code =
    message.code === undefined ? '' : `<p>Code: <code>${escapeHtml(message.code)}</code></p>`;
  return `<article>
<h2>${escapeHtml(message.subject)}</h2>
<p>${kind} to <a href="/dev/messages?to=${encodeURIComponent(message.to)}">${escapeHtml(message.to)}</a>, <time datetime="${at}">${at}</time></p>
<pre>${escapeHtml(message.text)}</pre>
${code}
</article>`;
}
