import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { DEMO_EMAILS, DEMO_PASSWORD } from '../../lib/demo-market.ts';
import { seedDatabase } from '../../seed/seed.ts';
import { registerStartPage } from './start-page.ts';

const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

const get = (url: string, headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  test.app.inject({ url, headers, remoteAddress });

describe('GET /', () => {
  it('is JSON to a program and a page to a browser, each with links that lead somewhere', async () => {
    const program = await get('/', { accept: '*/*' });
    expect(program.headers).toMatchObject({ vary: expect.stringContaining('Accept') });
    const { links } = program.json();
    const page = await get('/', HTML);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const path of Object.values<string>(links)) {
      expect([path, (await get(path)).statusCode]).toEqual([path, 200]);
      expect(page.body).toContain(`href="${path}"`);
    }
  });

  it('runs no script and loads nothing from another address', async () => {
    const { headers, body } = await get('/', HTML);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(body).not.toMatch(/<script|style="|(?:src|href)="(?:https?:)?\/\//);
    expect(body).toMatch(/<html lang="en">[\s\S]*<main>[\s\S]*<h1>/);
  });

  it('names the demo people only where they are', async () => {
    expect((await get('/')).json()).not.toHaveProperty('sign_in');
    await seedDatabase(test.services, { size: 'small', seed: 1 });
    expect((await get('/')).json().sign_in).toEqual({
      emails: DEMO_EMAILS,
      password: DEMO_PASSWORD,
    });
    const { body } = await get('/', HTML);
    for (const email of DEMO_EMAILS) expect(body).toContain(email);
    expect(body).toContain(`Version ${test.services.config.version}`);
  });

  it('shows commands that work as they are copied', async () => {
    const { body } = await get('/', HTML);
    await test.app.listen({ host: '127.0.0.1', port: 0 });
    const origin = `http://127.0.0.1:${(test.app.server.address() as AddressInfo).port}`;
    const commands = [...body.matchAll(/<code>([^<]*curl[^<]*)<\/code>/g)].map(([, html = '']) =>
      unescapeHtml(html).replaceAll(test.services.config.publicUrl, origin),
    );
    const { stdout } = await promisify(execFile)('sh', ['-c', commands.join('\necho\n')]);
    const [products, , cart] = stdout.split('\n');
    expect(JSON.parse(products ?? '').results.length).toBeGreaterThan(0);
    expect(JSON.parse(cart ?? '')).toHaveProperty('items');
  });

  it('has neutral links alone for callers from elsewhere', async () => {
    const { body } = await get('/', {}, '203.0.113.7');
    expect(Object.keys(JSON.parse(body))).toEqual(['name', 'links']);
    expect(body).not.toContain('/dev/');
  });
});

describe('GET / in production', () => {
  it('has neutral links alone, also for a caller on the same machine', async () => {
    const config = { ...test.services.config, isProduction: true };
    const app = Fastify();
    registerStartPage(app, { ...test.services, config }, ['v1', 'v2']);
    expect(Object.keys((await app.inject('/')).json())).toEqual(['name', 'links']);
    const { body } = await app.inject({ url: '/', headers: HTML });
    for (const word of ['/dev/', 'freshbytes.test', 'Version ', 'curl'])
      expect(body).not.toContain(word);
    await app.close();
  });
});

function unescapeHtml(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

describe('addresses that are tried first', () => {
  it('/api and each version answer an index', async () => {
    const { versions } = (await get('/api')).json();
    expect(versions).toEqual([
      { version: 'v1', url: '/api/v1' },
      { version: 'v2', url: '/api/v2' },
    ]);
    for (const { version, url } of versions) {
      const { links } = (await get(url)).json();
      expect(links).toMatchObject({
        openapi: `/api/${version}/openapi.json`,
        products: `/api/${version}/products`,
      });
      for (const path of Object.values<string>(links))
        expect([path, (await get(path)).statusCode]).toEqual([path, 200]);
    }
  });

  it('/openapi.json leads to the newest document', async () => {
    const answer = await get('/openapi.json');
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/api/v2/openapi.json']);
  });

  it('the icon is one drawing in two forms', async () => {
    const svg = await get('/favicon.svg');
    expect(svg.headers['content-type']).toBe('image/svg+xml');
    const ico = await get('/favicon.ico');
    expect(ico.headers['content-type']).toBe('image/vnd.microsoft.icon');
    const offset = ico.rawPayload.readUInt32LE(18);
    const { width, height, format } = await sharp(ico.rawPayload.subarray(offset)).metadata();
    expect([width, height, format]).toEqual([32, 32, 'png']);
  });
});
