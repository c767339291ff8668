// The pages that `type` of a problem answer points to: what each code means, for whoever meets one.
import type { FastifyInstance } from 'fastify';
import * as problems from '../../lib/problem.ts';
import { notFound, type ProblemKind } from '../../lib/problem.ts';
import { exampleAnswer, PROBLEM_WORDS } from '../answer/problem-words.ts';
import { problemsOf } from '../openapi/problems.ts';
import type { AnyRoute } from '../route.ts';
import { escapeHtml, sendPage } from './html-page.ts';

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
export function registerErrorPages(
  app: FastifyInstance,
  { routes, publicUrl }: { routes: readonly AnyRoute[]; publicUrl: string },
): void {
  const byCode = groupByCode([...routes.flatMap(problemsOf), ...GENERAL]);
  const options = { config: { isExempt: true }, schema: { hide: true } };
  app.get('/docs/errors', options, (_request, reply) =>
    sendPage(reply, indexPage([...byCode.keys()]), PAGE),
  );
  app.get<{ Params: { code: string } }>('/docs/errors/:code', options, (request, reply) => {
    const kinds = byCode.get(request.params.code);
    if (kinds === undefined) throw notFound('error code');
    return sendPage(reply, codePage(request.params.code, kinds, publicUrl), PAGE);
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
    (code) =>
      `<li><a href="/docs/errors/${code}"><code>${code}</code></a>: ${inline(PROBLEM_WORDS[code]?.what)}</li>`,
  );
  const intro =
    '<p>Every refusal is <code>application/problem+json</code>. <code>detail</code> says what would be accepted, ' +
    '<code>errors</code> names the refused members. Quote <code>request_id</code> when you ask for help.</p>';
  return { title: 'Error codes', body: `${intro}\n<ul>\n${items.join('\n')}\n</ul>` };
}

function codePage(code: string, kinds: readonly ProblemKind[], publicUrl: string) {
  const words = PROBLEM_WORDS[code];
  const parts: readonly [heading: string, html: string][] = [
    ['What happened', paragraph(words?.what)],
    ['Why', paragraph(words?.why)],
    ['What to do', paragraph(words?.remedy)],
    ['An answer with this code', kinds.map((kind) => answerHtml(kind, publicUrl)).join('\n')],
  ];
  const sections = parts.map(([heading, html]) => `<h2>${heading}</h2>\n${html}`);
  const statuses = kinds.map(({ status, title }) => `<p>HTTP ${status}: ${title}.</p>`);
  return {
    title: code,
    body: `${statuses.join('\n')}\n${sections.join('\n')}\n<p><a href="/docs/errors">All codes</a></p>`,
  };
}

function paragraph(text: string | undefined): string {
  return `<p>${inline(text)}</p>`;
}

/** As HTML; text between backticks is code. */
function inline(text = ''): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** Wide lines scroll, so the keyboard must reach them. */
function answerHtml(kind: ProblemKind, publicUrl: string): string {
  const answer = JSON.stringify(exampleAnswer(kind, publicUrl), null, 2);
  const label = `Example: ${kind.title}`;
  return `<pre tabindex="0" role="region" aria-label="${label}"><code>${escapeHtml(answer)}</code></pre>`;
}
