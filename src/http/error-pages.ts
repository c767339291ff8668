// The pages that `type` of a problem answer points to: what each code means, for whoever meets one.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as problems from '../lib/problem.ts';
import { notFound, type ProblemKind } from '../lib/problem.ts';
import { problemsOf } from './openapi-problems.ts';
import type { AnyRoute } from './route.ts';

const CACHE = 'public, max-age=3600';
const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const CSP = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** Those that no route names, because they answer before a route is found. */
const GENERAL: readonly ProblemKind[] = [
  problems.NOT_FOUND,
  problems.METHOD_NOT_ALLOWED,
  problems.UNKNOWN_API_VERSION,
  problems.REQUEST_TIMEOUT,
  problems.HEADERS_TOO_LARGE,
];

/** `/docs/errors` and `/docs/errors/<code>` for every code that `routes` may answer with. */
export function registerErrorPages(app: FastifyInstance, routes: readonly AnyRoute[]): void {
  const byCode = groupByCode([...routes.flatMap(problemsOf), ...GENERAL]);
  const options = { config: { isExempt: true }, schema: { hide: true } };
  app.get('/docs/errors', options, (_request, reply) =>
    sendPage(reply, indexPage([...byCode.keys()])),
  );
  app.get<{ Params: { code: string } }>('/docs/errors/:code', options, (request, reply) => {
    const kinds = byCode.get(request.params.code);
    if (kinds === undefined) throw notFound('error code');
    return sendPage(reply, codePage(request.params.code, kinds));
  });
}

/** A code may come with several statuses, each with words of its own. */
function groupByCode(kinds: readonly ProblemKind[]): Map<string, ProblemKind[]> {
  const byCode = new Map<string, ProblemKind[]>();
  for (const kind of kinds) {
    const known = byCode.get(kind.code) ?? [];
    if (!known.includes(kind)) byCode.set(kind.code, [...known, kind]);
  }
  return new Map([...byCode].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function indexPage(codes: readonly string[]): string {
  const items = codes.map(
    (code) => `<li><a href="/docs/errors/${code}"><code>${code}</code></a></li>`,
  );
  return page('Error codes', `<ul>\n${items.join('\n')}\n</ul>`);
}

function codePage(code: string, kinds: readonly ProblemKind[]): string {
  const meanings = kinds.map(({ status, title }) => `<p>HTTP ${status}: ${title}.</p>`);
  const advice =
    '<p><code>detail</code> of the answer says what would be accepted, <code>errors</code> names the refused members. ' +
    'Quote <code>request_id</code> when you ask for help.</p>';
  return page(
    code,
    `${meanings.join('\n')}\n${advice}\n<p><a href="/docs/errors">All codes</a></p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/png" href="/docs/favicon.png">
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`;
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  reply.headers({ 'content-security-policy': CSP, 'cache-control': CACHE });
  return reply.type('text/html; charset=utf-8').send(html);
}
