// A name server for tests, as a container engine has one: a name has one IPv4 address for each replica.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const TTL_S = 1;
/** A response, authoritative, with recursion. */
const FLAGS_FOUND = 0x8580;
const FLAGS_UNKNOWN_NAME = 0x8583;
/** Where the question's name stands, as compressed names point to it. */
const NAME_POINTER = 0xc000 | HEADER_BYTES;

export interface NameServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function openNameServer(
  addresses: Readonly<Record<string, readonly string[]>>,
): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) =>
    socket.send(answer(query, addresses), port, address),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function answer(query: Buffer, addresses: Readonly<Record<string, readonly string[]>>): Buffer {
  const labels: string[] = [];
  let end = HEADER_BYTES;
  for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
    labels.push(query.toString('latin1', end + 1, end + 1 + length));
    end += length + 1;
  }
  const question = query.subarray(HEADER_BYTES, end + 5);
  const known = addresses[labels.join('.')];
  const found = query.readUInt16BE(end + 1) === TYPE_A ? (known ?? []) : [];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(known === undefined ? FLAGS_UNKNOWN_NAME : FLAGS_FOUND, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(found.length, 6);
  return Buffer.concat([header, question, ...found.map(addressRecord)]);
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(12);
  record.writeUInt16BE(NAME_POINTER, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(TTL_S, 6);
  record.writeUInt16BE(4, 10);
  return Buffer.concat([record, Buffer.from(address.split('.').map(Number))]);
}
