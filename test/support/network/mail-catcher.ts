// A mail server for tests that keeps what it is given and delivers nothing.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface MailCatcher {
  readonly port: number;
  /** Recipients, in the order of arrival. */
  readonly recipients: readonly string[];
  close(): Promise<void>;
}

export async function openMailCatcher(): Promise<MailCatcher> {
  const recipients: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let isData = false;
    socket.write('220 test\r\n');
    createInterface(socket).on('line', (line) => {
      if (isData && line !== '.') return;
      isData = line === 'DATA';
      const recipient = /^RCPT TO:<([^>]+)>/.exec(line)?.[1];
      if (recipient !== undefined) recipients.push(recipient);
      socket.write(isData ? '354 go on\r\n' : '250 ok\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    recipients,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
