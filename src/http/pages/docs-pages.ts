// The interactive reference: Swagger UI at /docs, Scalar at /redoc. Everything comes from our own packages,
// and the policy of each page forbids whatever would not.
import { readFile } from 'node:fs/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { ACCESSIBILITY_SCRIPT, SCALAR_STYLE, SWAGGER_STYLE } from './docs-accessibility.ts';
import { type DocsFile, docsFile, sendDocsFile } from './docs-files.ts';

export const DOCS_TITLE = 'FreshBytes API';

/** Without a quota, but counted with all that is browsed: these files are the largest answers. */
const EXEMPT = {
  config: { isExempt: true, priority: 'browse' },
  schema: { hide: true },
} as const;
const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** No inline script on either page. Both draw with `style` attributes, which only `unsafe-inline` allows. */
export const DOCS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Serves both pages over the documents `/api/<version>/openapi.json`. */
export function registerDocsPages(app: FastifyInstance, versions: readonly string[]): void {
  const sources = versions.map((version) => ({
    title: version,
    name: version,
    url: `/api/${version}/openapi.json`,
  }));
  const files: Record<string, DocsFile> = {
    '/docs': docsFile(HTML, async () => swaggerPage()),
    '/docs/init.js': docsFile(SCRIPT, async () => swaggerInit(sources)),
    '/docs/accessibility.js': docsFile(SCRIPT, async () => ACCESSIBILITY_SCRIPT),
    '/docs/accessibility.css': docsFile(STYLE, async () => SWAGGER_STYLE),
    '/docs/swagger-ui.css': swaggerFile(STYLE, 'swagger-ui.css'),
    '/docs/swagger-ui-bundle.js': swaggerFile(SCRIPT, 'swagger-ui-bundle.js'),
    '/docs/swagger-ui-standalone-preset.js': swaggerFile(SCRIPT, 'swagger-ui-standalone-preset.js'),
    '/docs/favicon.png': swaggerFile('image/png', 'favicon-32x32.png'),
    '/redoc': docsFile(HTML, async () => scalarPage()),
    '/redoc/init.js': docsFile(SCRIPT, async () => scalarInit(sources)),
    '/redoc/scalar.js': docsFile(SCRIPT, loadScalarBundle),
  };
  for (const [path, file] of Object.entries(files)) {
    app.get(path, EXEMPT, (request, reply) => {
      reply.header('content-security-policy', DOCS_CSP);
      return sendDocsFile(request, reply, file);
    });
  }
}

function page(head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${DOCS_TITLE}</title>
<link rel="icon" type="image/png" href="/docs/favicon.png">
${head}
</head>
<body>
${body}
</body>
</html>
`;
}

function swaggerPage(): string {
  return page(
    `<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/accessibility.css">`,
    `<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/init.js"></script>
<script src="/docs/accessibility.js"></script>`,
  );
}

/** `validatorUrl`: the badge would send the document to a service outside. */
function swaggerInit(urls: readonly object[]): string {
  return `SwaggerUIBundle({
  urls: ${JSON.stringify(urls)},
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  displayRequestDuration: true,
});
`;
}

function scalarPage(): string {
  return page(
    '',
    `<div id="app"></div>
<script src="/redoc/scalar.js"></script>
<script src="/redoc/init.js"></script>
<script src="/docs/accessibility.js"></script>`,
  );
}

/** Off: fonts from outside, telemetry, the assistant, the protocol server and the tools that call Scalar's services. */
function scalarInit(sources: readonly object[]): string {
  const configuration = {
    sources,
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: 'never',
    hideClientButton: true,
    customCss: SCALAR_STYLE,
  };
  return `Scalar.createApiReference('#app', ${JSON.stringify(configuration)});\n`;
}

function swaggerFile(type: string, name: string): DocsFile {
  const folder = new URL('static/', import.meta.resolve('@fastify/swagger-ui/package.json'));
  const isText = type !== 'image/png';
  return docsFile(type, () => readFile(new URL(name, folder), isText ? 'utf8' : null));
}

/** The package holds its browser bundle (5 MB) as a string that only its own route gives out. */
async function loadScalarBundle(): Promise<string> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const host = Fastify();
  try {
    await host.register(scalar, { routePrefix: '/', configuration: { url: '/' } });
    const { body, statusCode } = await host.inject('/js/scalar.js');
    if (statusCode !== 200) throw new Error(`Scalar's bundle answered ${statusCode}`);
    return body;
  } finally {
    await host.close();
  }
}
