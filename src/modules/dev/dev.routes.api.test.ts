import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { registerDevPages } from './dev.routes.ts';

const BROWSER_ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('GET /dev/messages', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await createTestApp();
    const { mail, sms } = test.services.gateways;
    await mail.send({
      to: 'Ana@example.com',
      subject: 'Your code',
      text: 'It is 123456.',
      code: '123456',
    });
    await sms.send({ to: '+639171234567', subject: 'Order', text: 'Shipped.' });
  });
  afterAll(() => test.close());

  it('shows what would have been sent, newest first', async () => {
    const response = await test.call({ path: '/dev/messages' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    const created_at = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/);
    expect(response.json()).toEqual({
      results: [
        { to: '+639171234567', channel: 'sms', subject: 'Order', text: 'Shipped.', created_at },
        {
          to: 'Ana@example.com',
          channel: 'email',
          subject: 'Your code',
          text: 'It is 123456.',
          code: '123456',
          created_at,
        },
      ],
    });
  });

  it.each([
    ['ana@EXAMPLE.com', ['Your code']],
    ['+639171234567', ['Order']],
    ['nobody@example.com', []],
  ])('finds the messages to %s', async (to, subjects) => {
    const response = await test.call({ path: `/dev/messages?to=${encodeURIComponent(to)}` });
    expect(response.json().results.map((message: { subject: string }) => message.subject)).toEqual(
      subjects,
    );
  });

  it('is a page to a browser, with whatever people wrote as text', async () => {
    const { mail } = test.services.gateways;
    const subject = '<script>alert("x")</script> & more';
    await mail.send({ to: 'page@example.com', subject, text: '</pre><b>bold</b>' });
    const response = await test.call({
      path: '/dev/messages?to=page@example.com',
      headers: { accept: BROWSER_ACCEPT },
    });
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toContain("default-src 'none'");
    expect(response.body).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more');
    expect(response.body).toContain('&lt;/pre&gt;&lt;b&gt;bold&lt;/b&gt;');
    expect(response.body).not.toContain('<script');
    expect(response.body).not.toContain('Your code');
  });

  it('refuses parameters that it does not know', async () => {
    const response = await test.call({ path: '/dev/messages?from=ana@example.com' });
    expect([response.statusCode, response.json().code]).toEqual([400, 'VALIDATION_ERROR']);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
    'does not exist for a caller behind a proxy: %s',
    async (header) => {
      const response = await test.call({
        path: '/dev/messages',
        headers: { [header]: '127.0.0.1' },
      });
      const unknown = await test.call({ path: '/dev/nothing' });
      expect([response.statusCode, response.json().code, response.json().detail]).toEqual([
        404,
        'NOT_FOUND',
        unknown.json().detail,
      ]);
    },
  );

  it.each([
    'attacker.example',
    'localhost.attacker.example:8000',
    '127.0.0.1.nip.io',
    '192.168.1.7',
  ])('does not exist for a page whose own name leads here: %s', async (host) => {
    const response = await test.call({ path: '/dev/messages', headers: { host } });
    expect(response.statusCode).toBe(404);
  });

  it.each(['localhost:8000', 'LOCALHOST', 'market.localhost:3000', '127.0.0.1:8000', '[::1]:8000'])(
    'is there by a name of this machine: %s',
    async (host) => {
      const response = await test.call({ path: '/dev/messages', headers: { host } });
      expect(response.statusCode).toBe(200);
    },
  );

  it('does not exist for a caller from elsewhere', async () => {
    const response = await test.app.inject({ url: '/dev/messages', remoteAddress: '203.0.113.7' });
    expect(response.statusCode).toBe(404);
  });

  describe('with LOCAL_PROXY', () => {
    const PROXY = '10.213.1.2';
    let behind: TestApp;
    beforeAll(async () => {
      behind = await createTestApp({ env: { LOCAL_PROXY: PROXY } });
    });
    afterAll(() => behind.close());
    const statusOf = async (remoteAddress: string, headers: Record<string, string> = {}) =>
      (await behind.app.inject({ url: '/dev/messages', remoteAddress, headers })).statusCode;

    it.each([PROXY, `::ffff:${PROXY}`, '127.0.0.1'])('is there for %s', async (address) => {
      expect(await statusOf(address)).toBe(200);
    });

    it('is not there for any other address, nor for one that begins alike', async () => {
      for (const address of ['10.213.1.1', '10.213.1.20', '203.0.113.7'])
        expect(await statusOf(address)).toBe(404);
    });

    it('is not there for what the proxy got from elsewhere, or by a name that is not of this machine', async () => {
      expect(await statusOf(PROXY, { 'x-forwarded-for': '203.0.113.7' })).toBe(404);
      expect(await statusOf(PROXY, { host: 'attacker.example' })).toBe(404);
    });
  });

  it('does not exist in production, even from the same machine', async () => {
    const app = Fastify();
    const services = { ...test.services, config: { ...test.services.config, isProduction: true } };
    await registerDevPages(app, services, () => {});
    expect((await app.inject('/dev/messages')).statusCode).toBe(404);
    await app.close();
  });
});
