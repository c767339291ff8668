import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { startProgress } from './output.ts';

/** A stream that remembers, as a terminal or as a pipe. */
function record(isTTY: boolean) {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk));
      done();
    },
  });
  return { written, stream: Object.assign(stream, { isTTY }) };
}

describe('progress', () => {
  it('stays on one line of a terminal, which it leaves in the end', () => {
    const { written, stream } = record(true);
    const progress = startProgress(stream);
    progress.show('orders 1 of 2');
    progress.show('orders 2 of 2');
    progress.end();
    expect(written).toEqual(['\r\u001b[2Korders 1 of 2', '\r\u001b[2Korders 2 of 2', '\n']);
  });

  it('is plain lines in a pipe, each once', () => {
    const { written, stream } = record(false);
    const progress = startProgress(stream);
    for (const line of ['orders 1 of 2', 'orders 1 of 2', 'orders 2 of 2']) progress.show(line);
    progress.end();
    expect(written).toEqual(['orders 1 of 2\n', 'orders 2 of 2\n']);
  });

  it('that never began leaves nothing', () => {
    const { written, stream } = record(true);
    startProgress(stream).end();
    expect(written).toEqual([]);
  });
});
