import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpGateway } from './smtp.ts';

const from = 'FreshBytes <no-reply@freshbytes.test>';

describe('SMTP', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function listen(onConnection: (socket: Socket) => void): Promise<string> {
    server = createServer((socket) => {
      sockets.add(socket);
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A mail server that records every line it receives and answers RCPT as configured. */
  async function serveMail(recipientAnswer = '250 ok'): Promise<{ url: string; lines: string[] }> {
    const lines: string[] = [];
    const url = await listen((socket) => {
      let isData = false;
      socket.write('220 test\r\n');
      createInterface(socket).on('line', (line) => {
        lines.push(line);
        if (isData && line !== '.') return;
        isData = line === 'DATA';
        if (isData) socket.write('354 go on\r\n');
        else socket.write(line.startsWith('RCPT') ? `${recipientAnswer}\r\n` : '250 ok\r\n');
      });
    });
    return { url, lines };
  }

  it('sends one plain-text mail from the configured sender to the recipient', async () => {
    const { url, lines } = await serveMail();
    const gateway = createSmtpGateway({ url, from });
    await gateway.send({ to: 'ana@example.test', subject: 'Your code', text: 'It is 123456.' });
    expect(lines).toEqual(
      expect.arrayContaining([
        'MAIL FROM:<no-reply@freshbytes.test>',
        'RCPT TO:<ana@example.test>',
        'From: FreshBytes <no-reply@freshbytes.test>',
        'To: ana@example.test',
        'Subject: Your code',
        'It is 123456.',
      ]),
    );
  });

  it('lets a subject add neither headers nor recipients', async () => {
    const { url, lines } = await serveMail();
    const gateway = createSmtpGateway({ url, from });
    await gateway.send({
      to: 'ana@example.test',
      subject: 'Hi\r\nBcc: eve@example.test\r\nX-Injected: yes',
      text: 'Text',
    });
    expect(lines.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<ana@example.test>']);
    expect(lines.filter((line) => /^(Bcc|X-Injected):/.test(line))).toEqual([]);
  });

  it('reads an address with a comma as one, never as two', async () => {
    const { url, lines } = await serveMail();
    const gateway = createSmtpGateway({ url, from });
    await gateway
      .send({ to: 'ana@example.test,eve@example.test', subject: 'Hi', text: 'Text' })
      .catch(() => undefined);
    expect(lines).not.toContain('RCPT TO:<eve@example.test>');
  });

  it('throws where the server refuses the recipient', async () => {
    const { url } = await serveMail('550 unknown');
    const gateway = createSmtpGateway({ url, from });
    const sending = gateway.send({ to: 'nobody@example.test', subject: 'Hi', text: 'Text' });
    await expect(sending).rejects.toThrow(/550/);
  });

  it('gives up on a server that never greets', async () => {
    const url = await listen(() => undefined);
    const gateway = createSmtpGateway({ url, from, timeout_ms: 200 });
    const sending = gateway.send({ to: 'ana@example.test', subject: 'Hi', text: 'Text' });
    await expect(sending).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
