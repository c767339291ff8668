import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createWireReader, type SentStatement } from './wire.ts';

/** Every byte that the driver sent on one connection. */
let bytes: Buffer;

beforeAll(async () => {
  const target = new URL(inject('serverUrl'));
  const pieces: Buffer[] = [];
  const server = createServer((client) => {
    client.on('data', (piece) => pieces.push(piece));
    const folder = target.searchParams.get('host');
    const port = Number(target.port || 5432);
    const upstream = connect(
      folder === null ? { host: target.hostname, port } : { path: `${folder}/.s.PGSQL.${port}` },
    );
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(target);
  url.searchParams.delete('host');
  url.host = `127.0.0.1:${address.port}`;
  await talk(url.href);
  server.close();
  bytes = Buffer.concat(pieces);
});

async function talk(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query({ name: 'kept', text: 'SELECT $1::int + 1', values: [1] });
  await client.query({ name: 'kept', text: 'SELECT $1::int + 1', values: [41] });
  await client.query('SELECT $1::bytea, $2::text, $3::uuid[]', [
    Buffer.from([0, 255]),
    null,
    ['01890000-0000-7000-8000-000000000001'],
  ]);
  await client.query('COMMIT');
  await client.end();
}

const EXPECTED: SentStatement[] = [
  { text: 'BEGIN', parameters: [] },
  { text: 'SELECT $1::int + 1', parameters: ['1'] },
  { text: 'SELECT $1::int + 1', parameters: ['41'] },
  {
    text: 'SELECT $1::bytea, $2::text, $3::uuid[]',
    parameters: ['\\x00ff', null, '{"01890000-0000-7000-8000-000000000001"}'],
  },
  { text: 'COMMIT', parameters: [] },
];

describe('the reader of the wire', () => {
  it('sees every statement with its parameters, prepared before or not', () => {
    expect(createWireReader()(bytes)).toEqual(EXPECTED);
  });

  it.each([1, 3, 7, 64])('sees the same in pieces of %i bytes', (size) => {
    const read = createWireReader();
    const sent: SentStatement[] = [];
    for (let start = 0; start < bytes.length; start += size)
      sent.push(...read(bytes.subarray(start, start + size)));
    expect(sent).toEqual(EXPECTED);
  });
});
