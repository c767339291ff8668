// Asks the process in this container how it is, so that the image needs neither a shell nor curl. Over a bare socket: loading
// an HTTP client would take more CPU than all the rest.
// node health-check.js live|ready
import { connect } from 'node:net';

const { PORT, WORKER_PORT } = process.env;
const TIMEOUT_MS = 10_000;

const port = WORKER_PORT || PORT;
const request = `GET /health/${process.argv[2]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;

const socket = connect({ host: '127.0.0.1', port });
const fail = (reason) => {
  console.error(reason);
  process.exit(1);
};
setTimeout(fail, TIMEOUT_MS, `no answer within ${TIMEOUT_MS} ms`);
socket.on('error', ({ message }) => fail(message));
socket.on('close', () => fail('closed without an answer'));
socket.once('data', (chunk) => {
  const [statusLine] = chunk.toString('latin1').split('\r\n');
  if (/^HTTP\/1\.1 2\d\d /.test(statusLine)) process.exit(0);
  fail(statusLine);
});
socket.write(request);
