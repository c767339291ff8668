// The few plain pages that people see: one style, no scripts, a policy that allows nothing else.
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}form{display:inline}pre{overflow-x:auto;padding:1rem;background:#f4f4f4;color:#1a1a1a}';

export interface PageOptions {
  readonly cacheControl: string;
  /** Whether the page's forms may be sent to us; nowhere by default. */
  readonly hasForms?: boolean;
  /** Addresses that an answer to a form may redirect to: browsers hold `form-action` against those too. */
  readonly formsLeadTo?: readonly string[];
}

/** A page's own rules are added to those of all. `title` and `body` are HTML already: see `escapeHtml`. */
interface Page {
  readonly title: string;
  readonly body: string;
  readonly style?: string;
}

/** Sends a page. Nothing in it may come from a request. */
export function sendPage(reply: FastifyReply, page: Page, options: PageOptions): FastifyReply {
  const origins = (options.formsLeadTo ?? []).map((address) => new URL(address).origin);
  const formAction = options.hasForms ? ["'self'", ...new Set(origins)].join(' ') : "'none'";
  const style = STYLE + (page.style ?? '');
  const styleHash = createHash('sha256').update(style).digest('base64');
  const csp = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action ${formAction}`;
  reply.headers({ 'content-security-policy': csp, 'cache-control': options.cacheControl });
  return reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<style>${style}</style>
</head>
<body>
<main>
<h1>${page.title}</h1>
${page.body}
</main>
</body>
</html>
`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/**
 * Whether a page is wanted rather than JSON: browsers name HTML in `Accept`, programs do not. The answer depends on that
 * header, which `Vary` must say.
 */
export function wantsPage({ headers }: FastifyRequest): boolean {
  const accepted = (headers.accept ?? '').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, weight: weight === undefined ? 1 : Number(weight.slice('q='.length)) };
  });
  const weightOf = (type: string) => accepted.find((range) => range.type === type)?.weight ?? 0;
  return weightOf('text/html') > weightOf('application/json');
}
