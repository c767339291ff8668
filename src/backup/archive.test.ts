import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES, readKey, seal, unseal } from './archive.ts';

const key = randomBytes(32);
const HEADER_BYTES = 60;
const SEALED_FRAME_BYTES = FRAME_BYTES + 16;

const sealed = (content: Buffer) => buffer(seal(key, Readable.from([content])));
const unsealed = (archive: Buffer, with_key = key) =>
  buffer(unseal(with_key, Readable.from([archive])));

/** The same bytes in pieces, as a disk may give them. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('an archive', () => {
  it.each([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES])(
    'gives %i bytes back as they were',
    async (length) => {
      const content = randomBytes(length);
      expect((await unsealed(await sealed(content))).equals(content)).toBe(true);
    },
  );

  it('is the same however its bytes arrive', async () => {
    const content = randomBytes(2 * FRAME_BYTES + 17);
    const archive = await buffer(seal(key, inPieces(content, 5_000)));
    for (const size of [1_000, 65_536, 70_000])
      expect((await buffer(unseal(key, inPieces(archive, size)))).equals(content)).toBe(true);
  });

  it('shows nothing of its content, and never looks the same twice', async () => {
    const content = Buffer.alloc(1_000, 'kamatis');
    const [one, other] = await Promise.all([sealed(content), sealed(content)]);
    expect(one.includes('kamatis')).toBe(false);
    expect(one.equals(other)).toBe(false);
  });

  it('is refused wherever one of its bits is another', async () => {
    const archive = await sealed(randomBytes(1_000));
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), async (at, bit) => {
        const altered = Buffer.from(archive);
        altered.writeUInt8(altered.readUInt8(at) ^ (1 << bit), at);
        await expect(unsealed(altered)).rejects.toThrow(/altered|another|no backup|encrypted with/);
      }),
    );
  });

  it('is refused wherever it ends too early, also between two frames', async () => {
    const archive = await sealed(randomBytes(3 * FRAME_BYTES));
    const ends = [0, 10, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 5, archive.length - 1];
    const boundaries = [1, 2].map((n) => HEADER_BYTES + n * SEALED_FRAME_BYTES);
    for (const end of [...ends, ...boundaries])
      await expect(unsealed(archive.subarray(0, end)), `${end} bytes`).rejects.toThrow();
  });

  it('is refused where bytes follow its end, and where frames changed places', async () => {
    const archive = await sealed(randomBytes(3 * FRAME_BYTES));
    await expect(unsealed(Buffer.concat([archive, randomBytes(20)]))).rejects.toThrow('altered');
    const frame = (n: number) =>
      archive.subarray(
        HEADER_BYTES + n * SEALED_FRAME_BYTES,
        HEADER_BYTES + (n + 1) * SEALED_FRAME_BYTES,
      );
    const swapped = Buffer.concat([
      archive.subarray(0, HEADER_BYTES),
      frame(1),
      frame(0),
      frame(2),
    ]);
    await expect(unsealed(swapped)).rejects.toThrow('altered');
  });

  it('of another key is named as such', async () => {
    const archive = await sealed(Buffer.from('kamatis'));
    await expect(unsealed(archive, randomBytes(32))).rejects.toThrow('encrypted with the key');
  });
});

describe('the key', () => {
  it.each([
    ['32 bytes in base64', key.toString('base64'), true],
    ['the same with a line break', `${key.toString('base64')}\n`, true],
    ['a word', 'password', false],
    ['16 bytes', randomBytes(16).toString('base64'), false],
    ['nothing', '', false],
  ])('in a file that holds %s is accepted only where it is whole', async (_name, text, isKey) => {
    const folder = await mkdtemp(join(tmpdir(), 'freshbytes-key-'));
    const path = join(folder, 'key');
    await writeFile(path, text);
    const reading = readKey(path);
    if (isKey) expect((await reading).equals(key)).toBe(true);
    else await expect(reading).rejects.toMatchObject({ exitCode: 2 });
    await rm(folder, { recursive: true });
  });
});
