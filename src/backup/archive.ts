// The files of a dump: in the age format (https://age-encryption.org/v1), which `age` itself opens, encrypted for public
// keys, so that what makes backups cannot read them. Written and read as a stream of any length.
import { readFile } from 'node:fs/promises';
import { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { messageOf } from '../lib/errors.ts';
import { CliError, EXIT } from '../lib/exit.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** The words by which the library tells these two from a file that is damaged. */
const NOT_AGE = /invalid version/;
const NOT_FOR_US = /no identity matched/;

/**
 * @param list of public keys as age writes them, `age1…`, behind commas
 * @throws CliError where one of them is none
 */
export function parseRecipients(list: string): Encrypter {
  const recipients = new Encrypter();
  for (const recipient of list.split(',')) {
    try {
      recipients.addRecipient(recipient);
    } catch (error) {
      throw new CliError(
        `BACKUP_RECIPIENTS: ${recipient} is no public key of age (${messageOf(error)}).`,
        EXIT.usage,
      );
    }
  }
  return recipients;
}

/**
 * The private keys of a file as `age-keygen` writes it: one a line, beside comments.
 * @throws CliError where the file cannot be read, or holds none
 */
export async function readIdentities(path: string): Promise<Decrypter> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`BACKUP_IDENTITY_FILE cannot be read: ${error.message}.`, EXIT.usage);
  });
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const identities = new Decrypter();
  try {
    for (const key of keys) identities.addIdentity(key);
  } catch {
    // What the library says may quote the line.
    throw new CliError(
      'BACKUP_IDENTITY_FILE holds a line that is no private key of age.',
      EXIT.usage,
    );
  }
  if (keys.length > 0) return identities;
  throw new CliError(
    'BACKUP_IDENTITY_FILE holds no private key, as `age-keygen` prints one.',
    EXIT.usage,
  );
}

/** The bytes of an archive that holds `content`. */
export async function* encrypt(recipients: Encrypter, content: Bytes): AsyncGenerator<Uint8Array> {
  yield* await recipients.encrypt(streamOf(content));
}

/**
 * What `encrypt`, or `age`, was given. Each piece is authentic, but only the end shows that none is missing.
 * @throws CliError where it is no archive, of other keys, cut short or altered; and whatever reading `archive` throws
 */
export async function* decrypt(identities: Decrypter, archive: Bytes): AsyncGenerator<Uint8Array> {
  let unread: unknown;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* archive;
    } catch (error) {
      unread = error;
      throw error;
    }
  }
  try {
    yield* await identities.decrypt(streamOf(watched()));
  } catch (error) {
    throw unread ?? new CliError(faultOf(messageOf(error)), EXIT.failed);
  }
}

function faultOf(reason: string): string {
  if (NOT_AGE.test(reason))
    return 'This is no backup: it is not encrypted by age, or its beginning is missing.';
  if (NOT_FOR_US.test(reason))
    return 'The archive is encrypted for other keys than those of BACKUP_IDENTITY_FILE, or its beginning was altered.';
  return 'The archive is cut short or was altered: use another one.';
}

/** Pulled piece by piece: nothing is read before the other end wants it. */
const streamOf = (bytes: Bytes) =>
  ReadableStream.from(bytes) as globalThis.ReadableStream<Uint8Array>;
