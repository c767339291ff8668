// What is said of a port that cannot be listened on.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../config.ts';
import { CliError, EXIT } from '../../lib/exit.ts';
import { explainListen, requireFreePort, tryToListen } from './listening.ts';

const HOST = '127.0.0.1';
afterEach(async () => {
  for (const close of servers.splice(0)) await close();
});
const servers: (() => Promise<void>)[] = [];

/** A server of somebody's, which answers everything with `headers`. @returns its port */
async function occupy(headers: Record<string, string> = {}, status = 200): Promise<number> {
  const server = createServer((_request, response) => {
    response.writeHead(status, headers).end();
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  servers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function configOf(env: Record<string, string>): Config {
  return loadConfig({ NODE_ENV: 'test', HOST, ...env }, '0');
}

async function refusalOf(promise: Promise<unknown>): Promise<CliError> {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof CliError)) throw new Error('it was not refused');
  expect(error.exitCode).toBe(EXIT.unavailable);
  return error;
}

describe('before a start', () => {
  it('a free port is silent, and so is a setting without one', async () => {
    const port = await occupy();
    await servers.pop()?.();
    await requireFreePort('PORT', configOf({ PORT: String(port) }));
    await requireFreePort('WORKER_PORT', configOf({}));
  });

  it.each([
    ['another program', {}, 200, 'another program listens there'],
    ['FreshBytes', { 'x-request-id': '1' }, 200, 'FreshBytes runs there already'],
    [
      'a FreshBytes that is not well',
      { 'x-request-id': '1' },
      503,
      'another program listens there',
    ],
  ])('the port of %s is named, and the next one proposed', async (_, headers, status, who) => {
    const port = await occupy(headers, status);
    const { message } = await refusalOf(requireFreePort('PORT', configOf({ PORT: String(port) })));
    expect(message).toBe(
      `${HOST}:${port} is in use: ${who}. Stop it, or take another port: PORT=${port + 1}`,
    );
  });

  it('an address of another machine is told', async () => {
    const config = configOf({ HOST: '192.0.2.1', PORT: '8000' });
    const { message } = await refusalOf(requireFreePort('PORT', config));
    expect(message).toContain('192.0.2.1:8000 is not an address of this machine');
    expect(await tryToListen('192.0.2.1', 8000)).toBe('EADDRNOTAVAIL');
  });
});

describe('after an attempt', () => {
  const withCode = (code: string) => Object.assign(new Error('listen'), { code });

  it.each([
    ['EACCES', '443', '127.0.0.1:443 may not be used by this account. Set PORT to 1024 or more.'],
    ['EADDRINUSE', '65535', 'PORT=65534'],
  ])('%s of port %s is explained', async (code, PORT, text) => {
    const explain = explainListen('PORT', configOf({ PORT }));
    expect((await refusalOf(explain(withCode(code)))).message).toContain(text);
  });

  it.each([withCode('EPIPE'), new Error('no code'), 'no error'])(
    'what has nothing to do with listening is thrown as it is: %s',
    async (error) => {
      await expect(explainListen('PORT', configOf({}))(error)).rejects.toBe(error);
    },
  );

  it('a fault that only the first attempt meets is named by its code', async () => {
    const config = configOf({ HOST: 'host.invalid', PORT: '8000' });
    const { message } = await refusalOf(requireFreePort('PORT', config));
    expect(message).toMatch(
      /^host\.invalid:8000 cannot be listened on \((ENOTFOUND|EAI_AGAIN)\)\./,
    );
  });
});
