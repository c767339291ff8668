import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSemaphoreGateway } from './semaphore.ts';

const message = {
  to: '+639171234567',
  subject: 'Code',
  text: 'Your code is 123456.',
  code: '123456',
};

describe('Semaphore', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const serveAnswer = (status: number, body: string) =>
    serve((_request, response) => response.writeHead(status).end(body));

  it('posts key, number, text and sender as a form', async () => {
    const { promise: seen, resolve } = Promise.withResolvers<unknown>();
    const baseUrl = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const form = Object.fromEntries(new URLSearchParams(body));
      resolve([request.method, request.url, request.headers['content-type'], form]);
      response.end('[{"message_id":1234,"status":"Pending"}]');
    });
    await createSemaphoreGateway({ apiKey: 'key-1', senderName: 'FRESHBYTES', baseUrl }).send(
      message,
    );
    expect(await seen).toEqual([
      'POST',
      '/api/v4/messages',
      'application/x-www-form-urlencoded;charset=UTF-8',
      {
        apikey: 'key-1',
        number: '639171234567',
        message: 'Your code is 123456.',
        sendername: 'FRESHBYTES',
      },
    ]);
  });

  it('carries on the trace of whoever sends, where there is one', async () => {
    const seen: unknown[] = [];
    const baseUrl = await serve((request, response) => {
      seen.push(request.headers['traceparent']);
      response.end('[{"message_id":1234,"status":"Sent"}]');
    });
    const gateway = createSemaphoreGateway({ apiKey: 'key-1', baseUrl });
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true };
    await gateway.send(message, trace);
    await gateway.send(message);
    expect(seen).toEqual([`00-${trace.traceId}-${trace.spanId}-01`, undefined]);
  });

  it.each([
    [500, 'Server Error', /answered 500/],
    [403, '{"message":"+639171234567: 123456"}', /answered 403/],
    [429, '', /answered 429/],
    [200, '{"number":["The number format is invalid."]}', /did not accept/],
    [200, '[{"message_id":1,"status":"Failed"}]', /did not accept/],
    [200, '[]', /did not accept/],
    [200, '<html>', /did not accept/],
  ])('throws on %i %s, and repeats neither number, text nor key', async (status, body, words) => {
    const baseUrl = await serveAnswer(status, body);
    const sending = createSemaphoreGateway({ apiKey: 'key-1', baseUrl }).send(message);
    const error = await sending.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).toMatch(words);
    expect(String(error)).not.toMatch(/123456|63917|key-1/);
  });

  it('does not carry the key to where a redirect points', async () => {
    const paths: (string | undefined)[] = [];
    const baseUrl = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    await expect(createSemaphoreGateway({ apiKey: 'k', baseUrl }).send(message)).rejects.toThrow();
    expect(paths).toEqual(['/api/v4/messages']);
  });

  it('gives up on a server that never answers', async () => {
    const baseUrl = await serve(() => undefined);
    const gateway = createSemaphoreGateway({ apiKey: 'k', baseUrl, timeout_ms: 50 });
    await expect(gateway.send(message)).rejects.toThrow(/timeout/);
  });
});
