// The page that `Link` of a deprecated answer leads to: the versions, and what is announced about them.
import type { FastifyInstance } from 'fastify';
import { type Deprecation, NOTICE_DAYS, VERSIONS_PAGE } from '../versions/deprecations.ts';
import { sendPage } from './html-page.ts';

const PAGE = { cacheControl: 'public, max-age=3600' };
const EXEMPT = { config: { isExempt: true }, schema: { hide: true } };

export function registerVersionsPage(
  app: FastifyInstance,
  { versions, table }: { versions: readonly string[]; table: readonly Deprecation[] },
): void {
  const page = { title: 'Versions of the API', body: bodyOf(versions, table) };
  app.get(VERSIONS_PAGE, EXEMPT, (_request, reply) => sendPage(reply, page, PAGE));
}

function bodyOf(versions: readonly string[], table: readonly Deprecation[]): string {
  const names = versions.map(
    (name) =>
      `<li><code>/api/${name}</code> (<a href="/api/${name}/openapi.json">OpenAPI</a>)</li>`,
  );
  const entries = table.map(
    ({ target, deprecated_at, sunset_at, successor }) =>
      `<li><code>${target}</code> is deprecated since ${dayOf(deprecated_at)} and answers 410 from ` +
      `${dayOf(sunset_at)} on${successor === undefined ? '' : `; use <code>${successor}</code>`}.</li>`,
  );
  const announced = entries.length === 0 ? '<p>None.</p>' : list(entries);
  return `${list(names)}
<p>A released version only grows. Before anything is taken away it is announced here, in its OpenAPI document and by the
headers <code>Deprecation</code>, <code>Sunset</code> and <code>Link</code> of its answers, for at least ${NOTICE_DAYS} days.</p>
<h2>Announced retirements</h2>
${announced}`;
}

function list(items: readonly string[]): string {
  return `<ul>\n${items.join('\n')}\n</ul>`;
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
