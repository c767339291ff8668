// The pages that `type` of a problem answer points to: what each code means, for whoever meets one.
import type { FastifyInstance } from 'fastify';
import * as problems from '../lib/problem.ts';
import { notFound, type ProblemKind } from '../lib/problem.ts';
import { sendPage } from './html-page.ts';
import { problemsOf } from './openapi-problems.ts';
import type { AnyRoute } from './route.ts';

const PAGE = { cacheControl: 'public, max-age=3600' };

/** Those that no route names, because they answer before a route is found. */
const GENERAL: readonly ProblemKind[] = [
  problems.NOT_FOUND,
  problems.METHOD_NOT_ALLOWED,
  problems.UNKNOWN_API_VERSION,
  problems.REQUEST_TIMEOUT,
  problems.HEADERS_TOO_LARGE,
  problems.VERSION_RETIRED,
];

/** `/docs/errors` and `/docs/errors/<code>` for every code that `routes` may answer with. */
export function registerErrorPages(app: FastifyInstance, routes: readonly AnyRoute[]): void {
  const byCode = groupByCode([...routes.flatMap(problemsOf), ...GENERAL]);
  const options = { config: { isExempt: true }, schema: { hide: true } };
  app.get('/docs/errors', options, (_request, reply) =>
    sendPage(reply, indexPage([...byCode.keys()]), PAGE),
  );
  app.get<{ Params: { code: string } }>('/docs/errors/:code', options, (request, reply) => {
    const kinds = byCode.get(request.params.code);
    if (kinds === undefined) throw notFound('error code');
    return sendPage(reply, codePage(request.params.code, kinds), PAGE);
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

function indexPage(codes: readonly string[]) {
  const items = codes.map(
    (code) => `<li><a href="/docs/errors/${code}"><code>${code}</code></a></li>`,
  );
  return { title: 'Error codes', body: `<ul>\n${items.join('\n')}\n</ul>` };
}

function codePage(code: string, kinds: readonly ProblemKind[]) {
  const meanings = kinds.map(({ status, title }) => `<p>HTTP ${status}: ${title}.</p>`);
  const advice =
    '<p><code>detail</code> of the answer says what would be accepted, <code>errors</code> names the refused members. ' +
    'Quote <code>request_id</code> when you ask for help.</p>';
  return {
    title: code,
    body: `${meanings.join('\n')}\n${advice}\n<p><a href="/docs/errors">All codes</a></p>`,
  };
}
