// Addresses that people and tools try first: the index of the API and of each version, its newest document, and the icon.
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import type { AnyRoute } from '../route.ts';
import { docsFile, sendDocsFile } from './docs-files.ts';

const EXEMPT = { config: { isExempt: true }, schema: { hide: true } };
const CACHE = 'public, max-age=300';
const ICO_PX = 32;

export interface EntryPoints {
  /** Oldest first. */
  readonly versions: readonly string[];
  readonly routes: readonly AnyRoute[];
}

/** Addresses by what is there. */
export function linksOf(versions: readonly string[]): Record<string, string> {
  return {
    api: '/api',
    docs: '/docs',
    redoc: '/redoc',
    ...Object.fromEntries(
      versions.map((version) => [`openapi_${version}`, `/api/${version}/openapi.json`]),
    ),
    versions: '/docs/versions',
    errors: '/docs/errors',
    health: '/health',
  };
}

export function registerEntryPoints(app: FastifyInstance, { versions, routes }: EntryPoints): void {
  const newest = versions.at(-1);
  const links = linksOf(versions);
  const index = {
    name: 'FreshBytes API',
    versions: versions.map((version) => ({ version, url: `/api/${version}` })),
    links,
  };
  app.get('/api', EXEMPT, (_request, reply) => reply.header('cache-control', CACHE).send(index));
  for (const version of versions) {
    const entry = { name: 'FreshBytes API', version, links: versionLinks(version, routes) };
    app.get(`/api/${version}`, EXEMPT, (_request, reply) =>
      reply.header('cache-control', CACHE).send(entry),
    );
  }
  app.get('/openapi.json', EXEMPT, (_request, reply) =>
    reply.header('cache-control', CACHE).redirect(`/api/${newest}/openapi.json`, 302),
  );
  registerIcon(app);
}

/** What anybody may read at an address without parameters. */
function versionLinks(version: string, routes: readonly AnyRoute[]): Record<string, string> {
  const open = routes.filter(
    ({ method, path, access }) =>
      method === 'GET' && access.roles === undefined && !path.includes(':'),
  );
  const named = open.map(({ path }) => [
    path.slice(1).replaceAll('/', '_'),
    `/api/${version}${path}`,
  ]);
  return { openapi: `/api/${version}/openapi.json`, docs: '/docs', ...Object.fromEntries(named) };
}

/** A sprout. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#1f7a3d"/>
<path d="M16 27V15" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/>
<path d="M16 18C8 18 5 13 5 8c7 0 11 3 11 10Z" fill="#c7ecb0"/>
<path d="M16 15c0-6 4-9 11-9 0 6-4 10-11 9Z" fill="#fff"/>
</svg>
`;

function registerIcon(app: FastifyInstance): void {
  const svg = docsFile('image/svg+xml', async () => ICON);
  const ico = docsFile('image/vnd.microsoft.icon', async () => icoOf(await renderIcon()));
  app.get('/favicon.svg', EXEMPT, (request, reply) => sendDocsFile(request, reply, svg));
  app.get('/favicon.ico', EXEMPT, (request, reply) => sendDocsFile(request, reply, ico));
}

function renderIcon(): Promise<Buffer> {
  return sharp(Buffer.from(ICON)).resize(ICO_PX, ICO_PX).png().toBuffer();
}

/** The container that browsers expect at this address: one entry, a PNG. */
function icoOf(png: Buffer): Buffer {
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(1, 4);
  header.writeUInt8(ICO_PX, 6);
  header.writeUInt8(ICO_PX, 7);
  header.writeUInt16LE(1, 10);
  header.writeUInt16LE(32, 12);
  header.writeUInt32LE(png.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, png]);
}
