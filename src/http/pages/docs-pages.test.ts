import { gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cspHash, inlineScripts, inlineStyles, urlsOf } from '../../../test/support/html.ts';
import { loadConfig } from '../../config.ts';
import { systemClock } from '../../lib/time.ts';
import { createLog } from '../../telemetry/log.ts';
import { createServer } from '../server.ts';
import { registerDocsPages } from './docs-pages.ts';
import { registerEntryPoints } from './entry-points.ts';
import { registerErrorPages } from './error-pages.ts';

const PAGES = ['/docs', '/redoc', '/docs/errors', '/docs/errors/NOT_FOUND'];

describe('docs pages', () => {
  let app: FastifyInstance;

  beforeAll(() => {
    const config = loadConfig({ NODE_ENV: 'test' }, '1.0.0');
    const log = createLog({ level: 'silent', pretty: false, version: '1.0.0' });
    ({ app } = createServer({ config, log, clock: systemClock }));
    registerDocsPages(app, ['v1', 'v2']);
    registerErrorPages(app, { routes: [], publicUrl: 'https://api.example.com' });
    registerEntryPoints(app, { versions: ['v1', 'v2'], routes: [] });
  });
  afterAll(() => app.close());

  async function policyOf(url: string): Promise<Map<string, string[]>> {
    const header = String((await app.inject(url)).headers['content-security-policy']);
    return new Map(
      header
        .split(';')
        .map((part) => part.trim().split(/\s+/))
        .map(([name = '', ...values]) => [name, values]),
    );
  }

  it.each(PAGES)('%s forbids whatever is not named, and to be framed', async (url) => {
    const policy = await policyOf(url);
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    expect(policy.get('base-uri')).toEqual(["'none'"]);
    for (const values of policy.values()) {
      for (const value of values)
        expect(value).toMatch(/^('none'|'self'|'unsafe-inline'|'sha256-[^']+'|data:|blob:)$/);
    }
    const scripts = policy.get('script-src') ?? [];
    expect(scripts).not.toContain("'unsafe-inline'");
    expect(scripts).not.toContain("'unsafe-eval'");
  });

  it.each(PAGES)(
    '%s has no inline script or style but those whose hash its policy names',
    async (url) => {
      const { body } = await app.inject(url);
      const policy = await policyOf(url);
      for (const script of inlineScripts(body))
        expect(policy.get('script-src')).toContain(cspHash(script));
      for (const style of inlineStyles(body))
        expect(policy.get('style-src')).toContain(cspHash(style));
      expect(body).not.toMatch(/\son\w+=/i);
    },
  );

  it.each(PAGES)('%s and all that it loads come from this server', async (url) => {
    const { body } = await app.inject(url);
    const urls = urlsOf(body);
    expect(urls.length).toBeGreaterThan(0);
    for (const path of urls) {
      expect(path).toMatch(/^\/[^/]/);
      expect((await app.inject(path)).statusCode).toBe(200);
    }
  });

  it.each(['/docs/init.js', '/redoc/init.js'])(
    '%s names the documents of both versions and no other address',
    async (url) => {
      const { body } = await app.inject(url);
      expect(body).toContain('/api/v1/openapi.json');
      expect(body).toContain('/api/v2/openapi.json');
      expect(body).not.toMatch(/https?:/);
    },
  );

  it('loads no fonts, telemetry, assistant or tools of Scalar', async () => {
    const { body } = await app.inject('/redoc/init.js');
    const configuration = JSON.parse(/'#app', (.*)\);/.exec(body)?.[1] ?? '');
    expect(configuration).toMatchObject({
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
    });
  });

  it('sends files compressed to those who take it, under a tag of their own, and not again', async () => {
    const plain = await app.inject('/docs/init.js');
    const packed = await app.inject({
      url: '/docs/init.js',
      headers: { 'accept-encoding': 'br, gzip' },
    });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.rawPayload).toString()).toBe(plain.body);
    expect(packed.headers['etag']).not.toBe(plain.headers['etag']);
    const headers = { 'if-none-match': String(plain.headers['etag']) };
    expect((await app.inject({ url: '/docs/init.js', headers })).statusCode).toBe(304);
    const refusing = { 'accept-encoding': 'gzip;q=0' };
    expect(
      (await app.inject({ url: '/docs/init.js', headers: refusing })).headers['content-encoding'],
    ).toBeUndefined();
  });

  it('explains every code that an answer points to', async () => {
    const { body } = await app.inject('/docs/errors/METHOD_NOT_ALLOWED');
    expect(body).toContain('HTTP 405');
    expect((await app.inject('/docs/errors/%3Cscript%3E')).statusCode).toBe(404);
  });
});
