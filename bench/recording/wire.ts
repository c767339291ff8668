// What a PostgreSQL client says on the wire, as far as it is statements (protocol 3.0, frontend messages).

export interface SentStatement {
  readonly text: string;
  /** As text; null is SQL's. */
  readonly parameters: readonly (string | null)[];
}

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;
const BINARY = 1;

/**
 * Reads one connection's bytes as they pass, in pieces of any size.
 * @returns statements that became complete with this piece, in the order in which they are executed
 */
export function createWireReader(): (piece: Buffer) => SentStatement[] {
  const prepared = new Map<string, string>();
  let rest: Buffer = Buffer.alloc(0);
  // The first message of a connection has a length but no type.
  let typeBytes = 0;
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const sent: SentStatement[] = [];
    while (rest.length >= typeBytes + LENGTH_BYTES) {
      const end = typeBytes + rest.readInt32BE(typeBytes);
      if (rest.length < end) break;
      const type = typeBytes === 0 ? 'startup' : String.fromCharCode(rest[0] ?? 0);
      const statement = readMessage(
        type,
        createCursor(rest.subarray(typeBytes + LENGTH_BYTES, end)),
        prepared,
      );
      if (statement !== undefined) sent.push(statement);
      rest = rest.subarray(end);
      typeBytes = TYPE_BYTES;
    }
    return sent;
  };
}

/** @returns the statement of a Query or Bind message; a Parse is only remembered */
function readMessage(
  type: string,
  cursor: Cursor,
  prepared: Map<string, string>,
): SentStatement | undefined {
  if (type === 'Q') return { text: cursor.text(), parameters: [] };
  if (type === 'P') prepared.set(cursor.text(), cursor.text());
  if (type !== 'B') return undefined;
  cursor.text();
  const text = prepared.get(cursor.text()) ?? '';
  const formats = Array.from({ length: cursor.int16() }, () => cursor.int16());
  const parameters = Array.from({ length: cursor.int16() }, (_, i) => {
    const length = cursor.int32();
    if (length < 0) return null;
    const bytes = cursor.bytes(length);
    // The driver sends only bytea in binary; this is how it is written as text.
    return formats[i] === BINARY ? `\\x${bytes.toString('hex')}` : bytes.toString();
  });
  return { text, parameters };
}

type Cursor = ReturnType<typeof createCursor>;

function createCursor(message: Buffer) {
  let at = 0;
  const bytes = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  return {
    bytes,
    int16: () => bytes(2).readInt16BE(),
    int32: () => bytes(4).readInt32BE(),
    /** Up to its NUL. */
    text: () => {
      const text = bytes(message.indexOf(0, at) - at).toString();
      at += 1;
      return text;
    },
  };
}
