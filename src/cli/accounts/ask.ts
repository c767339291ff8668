// Questions to the person at the terminal, and what arrives on a pipe.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

export function isAtTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** One line; on stderr, so that stdout stays for results. */
export async function ask(question: string): Promise<string> {
  using terminal = createInterface({ input: process.stdin, output: process.stderr });
  return (await terminal.question(`${question}: `)).trim();
}

/** One line that is not shown while it is typed. */
export async function askSecret(question: string): Promise<string> {
  process.stderr.write(`${question}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  using terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const answer = await terminal.question('');
  process.stderr.write('\n');
  return answer;
}

/** The first line of a pipe. */
export async function readPipedLine(): Promise<string> {
  return (await text(process.stdin)).split(/\r?\n/, 1)[0] ?? '';
}
