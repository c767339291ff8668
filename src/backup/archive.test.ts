import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt, parseRecipients, readIdentities } from './archive.ts';

/** Of the age format: what is encrypted at a time, and the tag behind it. */
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const NONCE_BYTES = 16;
const MAC_LINE = /^--- .+\n/m;

const identity = await generateIdentity();
const other = await generateIdentity();
const recipient = await identityToRecipient(identity);
const otherRecipient = await identityToRecipient(other);

/** The keys of a file with this text. */
async function identitiesIn(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-identity-'));
  const path = join(folder, 'identity');
  await writeFile(path, text);
  try {
    return await readIdentities(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const ours = await identitiesIn(identity);
const sealed = (content: Buffer, list = recipient) =>
  buffer(encrypt(parseRecipients(list), Readable.from([content])));
const opened = (archive: Buffer, identities = ours) =>
  buffer(decrypt(identities, Readable.from([archive])));

/** The same bytes in pieces, as a disk may give them. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Where the content of an archive begins. */
function payloadOf(archive: Buffer): number {
  const text = archive.toString('latin1');
  const [line = ''] = MAC_LINE.exec(text) ?? [];
  return text.indexOf(line) + line.length + NONCE_BYTES;
}

describe('an archive', () => {
  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])(
    'gives %i bytes back as they were',
    async (length) => {
      const content = randomBytes(length);
      expect((await opened(await sealed(content))).equals(content)).toBe(true);
    },
  );

  it('is the same however its bytes arrive', async () => {
    const content = randomBytes(2 * CHUNK_BYTES + 17);
    const archive = await buffer(encrypt(parseRecipients(recipient), inPieces(content, 5_000)));
    for (const size of [1_000, 65_536, 70_000])
      expect((await buffer(decrypt(ours, inPieces(archive, size)))).equals(content)).toBe(true);
  });

  it('shows nothing of its content, and never looks the same twice', async () => {
    const content = Buffer.alloc(1_000, 'kamatis');
    const [one, another] = await Promise.all([sealed(content), sealed(content)]);
    expect(one.includes('kamatis')).toBe(false);
    expect(one.equals(another)).toBe(false);
  });

  it('is refused wherever one of its bits is another', async () => {
    const archive = await sealed(randomBytes(1_000));
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), async (at, bit) => {
        const altered = Buffer.from(archive);
        altered.writeUInt8(altered.readUInt8(at) ^ (1 << bit), at);
        await expect(opened(altered)).rejects.toThrow(/altered|no backup/);
      }),
    );
  });

  it('is refused wherever it ends too early, also between two chunks', async () => {
    const archive = await sealed(randomBytes(3 * CHUNK_BYTES));
    const payload = payloadOf(archive);
    const ends = [0, 10, payload - NONCE_BYTES, payload - 1, payload + 5, archive.length - 1];
    const boundaries = [0, 1, 2].map((n) => payload + n * (CHUNK_BYTES + TAG_BYTES));
    for (const end of [...ends, ...boundaries])
      await expect(opened(archive.subarray(0, end)), `${end} bytes`).rejects.toMatchObject({
        exitCode: 1,
        message: expect.stringMatching(/cut short|no backup/),
      });
  });

  it('is refused where bytes follow its end, and where chunks changed places', async () => {
    const archive = await sealed(randomBytes(3 * CHUNK_BYTES));
    await expect(opened(Buffer.concat([archive, randomBytes(20)]))).rejects.toThrow('altered');
    const payload = payloadOf(archive);
    const chunk = (n: number) => {
      const start = payload + n * (CHUNK_BYTES + TAG_BYTES);
      return archive.subarray(start, start + CHUNK_BYTES + TAG_BYTES);
    };
    const head = archive.subarray(0, payload);
    const swapped = Buffer.concat([head, chunk(1), chunk(0), chunk(2)]);
    await expect(opened(swapped)).rejects.toThrow('altered');
  });

  it('of other keys is named as such', async () => {
    const archive = await sealed(Buffer.from('kamatis'), otherRecipient);
    await expect(opened(archive)).rejects.toThrow('encrypted for other keys');
  });

  it('opens with any key that it was encrypted for, and with any of several', async () => {
    const content = Buffer.from('kamatis');
    const forBoth = await sealed(content, `${recipient},${otherRecipient}`);
    for (const key of [identity, other])
      expect(await opened(forBoth, await identitiesIn(key))).toEqual(content);
    const forOther = await sealed(content, otherRecipient);
    expect(await opened(forOther, await identitiesIn(`${identity}\n${other}\n`))).toEqual(content);
  });

  it('that cannot be made or read to its end reports why, not that it was altered', async () => {
    const archive = await sealed(randomBytes(3 * CHUNK_BYTES));
    async function* broken(): AsyncGenerator<Buffer> {
      yield archive.subarray(0, 2 * CHUNK_BYTES);
      throw new Error('the disk broke');
    }
    await expect(buffer(decrypt(ours, broken()))).rejects.toThrow('the disk broke');
    await expect(buffer(encrypt(parseRecipients(recipient), broken()))).rejects.toThrow(
      'the disk broke',
    );
  });

  it('is read and written no faster than the other end takes it', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read += CHUNK_BYTES;
        yield Buffer.alloc(CHUNK_BYTES);
      }
    }
    const archive = encrypt(parseRecipients(recipient), endless());
    const content = decrypt(ours, archive);
    for (let pulled = 0; pulled < 20 * CHUNK_BYTES; )
      pulled += (await content.next()).value?.length ?? 0;
    expect(read).toBeLessThan(40 * CHUNK_BYTES);
    await content.return(undefined);
  });
});

describe('keys', () => {
  it.each([
    [
      'as age-keygen writes it',
      `# created: today\n# public key: ${recipient}\n${identity}\n`,
      true,
    ],
    ['alone, without a line break', identity, true],
    ['that is public', recipient, false],
    ['with a word of it missing', identity.slice(0, -4), false],
    ['that is none', 'password', false],
    ['in comments alone', `# ${identity}`, false],
    ['of no length', '', false],
  ])('%s in a file are accepted only where they are whole', async (_name, text, isKey) => {
    const reading = identitiesIn(text);
    if (isKey) await expect(reading).resolves.toBeDefined();
    else await expect(reading).rejects.toMatchObject({ exitCode: 2 });
  });

  it('are never shown where they cannot be read', async () => {
    const reading = identitiesIn(identity.slice(0, -4));
    await expect(reading).rejects.toThrow(expect.not.stringContaining(identity.slice(0, 40)));
  });

  it('for whom to encrypt are named where one of them is mistyped', () => {
    const mistyped = `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`;
    expect(() => parseRecipients(`${otherRecipient},${mistyped}`)).toThrow(mistyped);
  });
});
