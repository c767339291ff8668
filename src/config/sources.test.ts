import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, SETTINGS } from '../config.ts';
import { faultsOf, PRODUCTION, WEAK } from './config.testkit.ts';
import { MAX_SECRET_FILE_BYTES, readSources } from './sources.ts';

describe('secrets from files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freshbytes-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function file(text: string): Promise<string> {
    const path = join(folder, randomUUID());
    await writeFile(path, text);
    return path;
  }

  it.each(SETTINGS.filter(({ secret }) => secret).map(({ name }) => name))(
    'are taken for %s, less one newline at the end',
    async (name) => {
      const path = await file('hunter2\n');
      const { values, faults } = readSources({ [`${name}_FILE`]: path }, SETTINGS);
      expect([...values]).toEqual([[name, { value: 'hunter2', path }]]);
      expect(faults.size).toBe(0);
    },
  );

  it('keep any other white space, which may belong to them', async () => {
    const SMTP_URL_FILE = await file(' smtp://mail \r\n\r\n');
    expect(loadConfig({ SMTP_URL_FILE }, '1.0.0').SMTP_URL).toBe(' smtp://mail \r\n');
  });

  it('satisfy production, and are held to the same rules', async () => {
    const { APP_SECRET, ...rest } = PRODUCTION;
    const APP_SECRET_FILE = await file(APP_SECRET);
    expect(loadConfig({ ...rest, APP_SECRET_FILE }, '1.0.0').APP_SECRET).toBe(APP_SECRET);
    expect(faultsOf({ ...rest, APP_SECRET_FILE: await file(WEAK) })).toEqual([
      'APP_SECRET holds a weak secret: too few different characters',
    ]);
  });

  it('cannot be given beside the variable', async () => {
    const env = { APP_SECRET: 'hunter2', APP_SECRET_FILE: await file('hunter2') };
    expect(faultsOf(env)).toEqual(['APP_SECRET and APP_SECRET_FILE are both set: keep one']);
  });

  it.each([
    ['is not there', () => join(folder, 'absent'), 'cannot be read (ENOENT)'],
    ['is a folder', () => folder, 'is not a file'],
    ['is empty', () => file(''), 'is empty'],
    ['holds a newline alone', () => file('\n'), 'is empty'],
    ['is too large', () => file('x'.repeat(MAX_SECRET_FILE_BYTES + 1)), 'is larger than 65536'],
  ])('name variable and path where the file %s, and nothing else', async (_how, make, fault) => {
    const path = await make();
    const { APP_SECRET: _, ...rest } = PRODUCTION;
    const faults = faultsOf({ ...rest, APP_SECRET_FILE: path });
    expect(faults).toEqual([expect.stringContaining(`APP_SECRET_FILE: ${path} ${fault}`)]);
  });

  it('are for secrets alone: other variables are not read from files', async () => {
    expect(loadConfig({ PORT_FILE: await file('9000') }, '1.0.0').PORT).toBe(8000);
  });
});
