// The program `age`, which must open what we encrypt when nothing of ours is left, and whose files we open.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decrypt, encrypt, parseRecipients, readIdentities } from '../../../src/backup/archive.ts';
import { hasAge } from '../../support/processes/backup-tools.ts';

const LENGTHS = [0, 1_000, 64 * 1024, 3 * 1024 * 1024 + 17];
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

let folder: string;
let identity: string;
let recipient: string;

beforeAll(async () => {
  if (!hasAge) return;
  folder = await mkdtemp(join(tmpdir(), 'freshbytes-age-'));
  identity = join(folder, 'identity');
  run('age-keygen', ['-o', identity]);
  recipient = run('age-keygen', ['-y', identity]).toString().trim();
});
afterAll(() => hasAge && rm(folder, { recursive: true }));

function run(program: string, args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, {
    input,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}

describe.skipIf(!hasAge)('age', () => {
  it.each(LENGTHS)('opens what we encrypt: %i bytes', async (length) => {
    const content = randomBytes(length);
    const archive = join(folder, `ours-${length}`);
    const bytes = await buffer(encrypt(parseRecipients(recipient), Readable.from([content])));
    await writeFile(archive, bytes);
    expect(run('age', ['-d', '-i', identity, archive]).equals(content)).toBe(true);
  });

  it.each(LENGTHS)('encrypts what we open: %i bytes', async (length) => {
    const content = randomBytes(length);
    const archive = run('age', ['-r', recipient], content);
    const opened = decrypt(await readIdentities(identity), Readable.from([archive]));
    expect((await buffer(opened)).equals(content)).toBe(true);
  });

  it('writes files of keys that we read, whose public half is named in them', async () => {
    expect(await readFile(identity, 'utf8')).toContain(`# public key: ${recipient}\n`);
    await expect(readIdentities(identity)).resolves.toBeDefined();
  });
});
