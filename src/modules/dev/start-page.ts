// `/`: what runs here and where to begin, as a page for people and as JSON for programs. In production it has neutral links
// and nothing more. Asks the users' table whether the demo people are there.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Services } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { isLocalCaller } from '../../http/intake/local-caller.ts';
import { linksOf } from '../../http/pages/entry-points.ts';
import { escapeHtml, sendPage, wantsPage } from '../../http/pages/html-page.ts';
import { DEMO_EMAILS, DEMO_PASSWORD } from '../../lib/demo-market.ts';

const EXEMPT = { config: { isExempt: true }, schema: { hide: true } };
const NAME = 'FreshBytes';
const PURPOSE = 'A marketplace for fresh produce that keeps stock by harvest lot.';
const STYLE =
  'pre{background:#f3f5f1;border:1px solid #c9d1c3;border-radius:.4rem;padding:.7rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}code{font-size:.9rem}dt{font-weight:600}dd{margin:0 0 .4rem}a{color:#14532d}';

const LINK_TEXTS: Readonly<Record<string, string>> = {
  api: 'Index of the API',
  docs: 'Interactive reference (Swagger UI)',
  redoc: 'Interactive reference (Scalar)',
  versions: 'Versions',
  errors: 'Error codes',
  health: 'Health',
  messages: 'Mail and SMS that would have been sent',
};

interface Start {
  readonly name: string;
  readonly links: Readonly<Record<string, string>>;
  /** From here on in development alone. */
  readonly version?: string;
  readonly environment?: string;
  readonly sign_in?: { readonly emails: readonly string[]; readonly password: string };
}

export function registerStartPage(
  app: FastifyInstance,
  services: Services,
  versions: readonly string[],
): void {
  const { config, db } = services;
  app.get('/', EXEMPT, async (request, reply) => {
    const start = await describeStart(request);
    reply.header('vary', 'Accept');
    const cacheControl = config.isProduction ? 'public, max-age=300' : 'no-store';
    if (!wantsPage(request)) return reply.header('cache-control', cacheControl).send(start);
    const body = pageOf(start, config.publicUrl);
    return sendPage(reply, { title: NAME, body, style: STYLE }, { cacheControl });
  });

  async function describeStart(request: FastifyRequest): Promise<Start> {
    const neutral = { name: NAME, links: linksOf(versions) };
    if (config.isProduction || !isLocalCaller(request, config)) return neutral;
    const sign_in = { emails: DEMO_EMAILS, password: DEMO_PASSWORD };
    return {
      ...neutral,
      version: config.version,
      environment: config.NODE_ENV,
      links: { ...neutral.links, messages: '/dev/messages' },
      ...((await hasDemoPeople(db)) ? { sign_in } : {}),
    };
  }
}

/** A database that does not answer has nobody to show. */
async function hasDemoPeople(db: Db): Promise<boolean> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('user_email', 'in', DEMO_EMAILS)
    .where('is_active', '=', true)
    .execute()
    .catch(() => []);
  return rows.length === DEMO_EMAILS.length;
}

function pageOf({ links, version, environment, sign_in }: Start, publicUrl: string): string {
  const items = Object.entries(links).map(([name, path]) => {
    const text = LINK_TEXTS[name] ?? `OpenAPI document of ${name.replace('openapi_', '')}`;
    return `<li><a href="${path}">${text}</a></li>`;
  });
  const running =
    version === undefined
      ? ''
      : `<p>Version ${escapeHtml(version)}, running as <code>${environment}</code>.</p>`;
  return [
    `<p>${PURPOSE}</p>`,
    running,
    `<h2>Where things are</h2>\n<ul>\n${items.join('\n')}\n</ul>`,
    sign_in === undefined ? '' : signInSection(sign_in),
    version === undefined ? '' : firstCalls(publicUrl, sign_in !== undefined),
  ].join('\n');
}

function signInSection({ emails, password }: NonNullable<Start['sign_in']>): string {
  const people = emails.map((email) => `<li><code>${email}</code></li>`);
  return `<h2>Who can sign in</h2>
<p>With the password <code>${password}</code>:</p>
<ul>
${people.join('\n')}
</ul>`;
}

/** Signing in needs somebody who can. */
function firstCalls(publicUrl: string, hasPeople: boolean): string {
  const calls = [
    ['Look around', `curl '${publicUrl}/api/v1/products?search=kamatis'`],
    ...(hasPeople
      ? [
          [
            'Sign in as the demo customer',
            `TOKEN=$(curl -s ${publicUrl}/api/v1/auth/login -H 'Content-Type: application/json' -d '{"user_email": "customer@freshbytes.test", "password": "${DEMO_PASSWORD}"}' | node -p 'JSON.parse(require("fs").readFileSync(0)).access')`,
          ],
          ['See the cart', `curl ${publicUrl}/api/v1/cart -H "Authorization: Bearer $TOKEN"`],
        ]
      : []),
  ];
  const entries = calls.map(
    ([text = '', command = '']) =>
      `<dt>${text}</dt>\n<dd><pre tabindex="0" aria-label="${text}"><code>${escapeHtml(command)}</code></pre></dd>`,
  );
  return `<h2>First calls</h2>\n<dl>\n${entries.join('\n')}\n</dl>`;
}
