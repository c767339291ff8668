// HTTP by hand, for what no client library would send.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes on a connection of their own. @returns every answer until the server closes it */
export async function exchange(port: number, bytes: string | Buffer): Promise<RawAnswer[]> {
  const socket = await openSocket(port);
  socket.write(bytes);
  return answersUntilClose(socket);
}

export async function answersUntilClose(socket: Socket): Promise<RawAnswer[]> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A reset is a way to close, too.
  socket.on('error', () => socket.destroy());
  await once(socket, 'close');
  return parseAnswers(Buffer.concat(chunks).toString('latin1'));
}

function parseAnswers(text: string): RawAnswer[] {
  if (text === '') return [];
  const headEnd = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
  const answer = {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: text.slice(headEnd + 4, bodyEnd),
  };
  return [answer, ...parseAnswers(text.slice(bodyEnd))];
}
