// The file that holds a dump: encrypted and authenticated in frames, so that it is written and read as a stream of any
// length, and nothing that was cut, altered or put in another order is ever taken for whole.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CliError, EXIT } from '../lib/exit.ts';

const MAGIC = Buffer.from('freshbytes-backup 1\n');
const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;
const SALT_BYTES = 32;
const HEADER_BYTES = MAGIC.length + KEY_ID_BYTES + SALT_BYTES;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const FRAME_BYTES = 64 * 1024;

type Bytes = AsyncIterable<Buffer>;

/** @throws CliError where the file cannot be read, or holds no key of 32 bytes in base64 */
export async function readKey(path: string): Promise<Buffer> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`BACKUP_KEY_FILE cannot be read: ${error.message}.`, EXIT.usage);
  });
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new CliError(
    'BACKUP_KEY_FILE must hold 32 random bytes in base64, as `openssl rand -base64 32` prints them.',
    EXIT.usage,
  );
}

/** The bytes of an archive around those of `content`. */
export async function* seal(key: Buffer, content: Bytes): AsyncGenerator<Buffer> {
  const header = Buffer.concat([MAGIC, keyId(key), randomBytes(SALT_BYTES)]);
  yield header;
  const frameKey = deriveFrameKey(key, header);
  let number = 0;
  for await (const { bytes, isLast } of framesOf(content, FRAME_BYTES)) {
    const cipher = createCipheriv(CIPHER, frameKey, nonceOf(number, isLast));
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    number += 1;
  }
}

/**
 * What `seal` was given. Each piece is authentic, but only the end says that none is missing.
 * @throws CliError where it is no archive, of another key, cut short or altered
 */
export async function* unseal(key: Buffer, archive: Bytes): AsyncGenerator<Buffer> {
  const { head: header, rest } = await splitAfter(archive, HEADER_BYTES);
  requireOurs(key, header);
  const frameKey = deriveFrameKey(key, header);
  let number = 0;
  for await (const { bytes, isLast } of framesOf(rest, FRAME_BYTES + TAG_BYTES)) {
    yield openFrame(frameKey, nonceOf(number, isLast), bytes);
    number += 1;
  }
}

function openFrame(frameKey: Buffer, nonce: Buffer, frame: Buffer): Buffer {
  const end = Math.max(0, frame.length - TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, frameKey, nonce);
    decipher.setAuthTag(frame.subarray(end));
    return Buffer.concat([decipher.update(frame.subarray(0, end)), decipher.final()]);
  } catch {
    // OpenSSL says no more than that the tag does not fit.
    throw new CliError('The archive is cut short or was altered: use another one.');
  }
}

function requireOurs(key: Buffer, header: Buffer): void {
  if (!header.subarray(0, MAGIC.length).equals(MAGIC) || header.length < HEADER_BYTES) {
    throw new CliError('This is no backup of FreshBytes, or its beginning is missing.');
  }
  const sealedWith = header.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES);
  const given = keyId(key);
  if (sealedWith.equals(given)) return;
  throw new CliError(
    `The archive is encrypted with the key ${sealedWith.toString('hex')}; BACKUP_KEY_FILE holds ${given.toString('hex')}.`,
  );
}

/** Names a key without telling anything of it. */
function keyId(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', 'freshbytes backup key id', KEY_ID_BYTES));
}

/** A key for each archive, so that a frame's number may be its nonce; bound to the header, which nobody can exchange. */
function deriveFrameKey(key: Buffer, header: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, header, 'freshbytes backup frames', KEY_BYTES));
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(number);
  nonce.writeUInt8(isLast ? 1 : 0, NONCE_BYTES - 1);
  return nonce;
}

/** Pieces of `size` bytes; the last one, known as such, may be shorter. */
async function* framesOf(
  source: Bytes,
  size: number,
): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  let held = Buffer.alloc(0);
  for await (const chunk of source) {
    held = Buffer.concat([held, chunk]);
    let at = 0;
    for (; held.length - at > size; at += size)
      yield { bytes: held.subarray(at, at + size), isLast: false };
    held = held.subarray(at);
  }
  yield { bytes: held, isLast: true };
}

/** The first `length` bytes, or fewer where there are no more, and the others. */
export async function splitAfter(
  source: Bytes,
  length: number,
): Promise<{ head: Buffer; rest: Bytes }> {
  const pieces = source[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  while (held.length < length) {
    const { done, value } = await pieces.next();
    if (done === true) break;
    held = Buffer.concat([held, value]);
  }
  const remainder = held.subarray(length);
  async function* rest(): AsyncGenerator<Buffer> {
    yield remainder;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { head: held.subarray(0, length), rest: rest() };
}
