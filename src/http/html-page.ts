// The few plain pages that people see: one style, no scripts, a policy that allows nothing else.
import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}form{display:inline}pre{overflow-x:auto;padding:1rem;background:#f4f4f4;color:#1a1a1a}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export interface PageOptions {
  readonly cacheControl: string;
  /** Whether the page's forms may be sent to us; nowhere by default. */
  readonly hasForms?: boolean;
  /** Addresses that an answer to a form may redirect to: browsers hold `form-action` against those too. */
  readonly formsLeadTo?: readonly string[];
}

/** Sends a page. `title` and `body` are HTML already: nothing in them may come from a request. */
export function sendPage(
  reply: FastifyReply,
  page: { title: string; body: string },
  options: PageOptions,
): FastifyReply {
  const origins = (options.formsLeadTo ?? []).map((address) => new URL(address).origin);
  const formAction = options.hasForms ? ["'self'", ...new Set(origins)].join(' ') : "'none'";
  const csp = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action ${formAction}`;
  reply.headers({ 'content-security-policy': csp, 'cache-control': options.cacheControl });
  return reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="icon" type="image/png" href="/docs/favicon.png">
<style>${STYLE}</style>
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
