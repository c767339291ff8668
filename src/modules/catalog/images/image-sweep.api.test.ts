import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { TestApp } from '../../../../test/support/app.ts';
import { newId } from '../../../lib/ids.ts';
import { HOUR_MS, MINUTE_MS, plusMs } from '../../../lib/time.ts';
import { ALWAYS_SWEPT, MIN_ORPHAN_AGE_MS, sweepImageFiles } from './image-sweep.service.ts';
import { makeImageSizesJob, sweepImageFilesJob } from './images.jobs.ts';
import { originalKey, sizeKey } from './images.rules.ts';
import { createImageBench, type ImageBench } from './images.testkit.ts';

let bench: ImageBench;
let test: TestApp;
let folder: string;

beforeAll(async () => {
  bench = await createImageBench();
  ({ test } = bench);
  folder = join(test.services.config.DATA_DIR, 'uploads');
});
afterAll(() => test.close());

const storage = () => test.services.gateways.storage;
const isThere = async (key: string) => (await storage().get(key)) !== undefined;

/** As if it had been put so long before the service's clock. */
async function age(key: string, by_ms: number): Promise<void> {
  const moment = plusMs(test.clock.now(), -by_ms);
  await utimes(join(folder, key), moment, moment);
}

/** A file whose image was never there. @returns its key */
async function orphan(by_ms: number): Promise<string> {
  const key = originalKey(newId());
  await storage().put(key, Buffer.from('x'));
  await age(key, by_ms);
  return key;
}

it('removes files without an image once they are old, and no others', async () => {
  const image = (await bench.upload([{ content: bench.photo }])).json();
  await makeImageSizesJob.run(test.system, { image_id: image.id });
  const kept = [originalKey(image.id), sizeKey(image.id, 'large')];
  for (const key of kept) await age(key, 2 * MIN_ORPHAN_AGE_MS);
  const old = await orphan(MIN_ORPHAN_AGE_MS + MINUTE_MS);
  const fresh = await orphan(MIN_ORPHAN_AGE_MS - HOUR_MS);
  await storage().put('other/file', Buffer.from('x'));
  await age('other/file', 2 * MIN_ORPHAN_AGE_MS);

  await sweepImageFilesJob.run(test.system, {});
  expect(await isThere(old)).toBe(false);
  for (const key of [...kept, fresh, 'other/file'])
    expect([key, await isThere(key)]).toEqual([key, true]);
});

it('removes what an upload left half-written', async () => {
  await mkdir(join(folder, '.incoming'), { recursive: true });
  const name = newId();
  await writeFile(join(folder, '.incoming', name), 'half');
  await age(`.incoming/${name}`, 2 * MIN_ORPHAN_AGE_MS);
  await sweepImageFiles(test.system);
  expect(await readdir(join(folder, '.incoming'))).toEqual([]);
});

it('keeps everything where most files belong to no image: the database belongs to another deployment', async () => {
  const keys = [];
  for (let n = 0; n <= ALWAYS_SWEPT; n += 1) keys.push(await orphan(2 * MIN_ORPHAN_AGE_MS));
  const error = vi.spyOn(test.system.log, 'error');
  await sweepImageFiles(test.system);
  expect(error.mock.calls).toEqual([
    [expect.objectContaining({ orphans: ALWAYS_SWEPT + 1 }), expect.any(String)],
  ]);
  error.mockRestore();
  expect((await Promise.all(keys.map(isThere))).every(Boolean)).toBe(true);

  // One less is believed.
  await storage().remove(keys[0] ?? '');
  await sweepImageFiles(test.system);
  expect((await Promise.all(keys.map(isThere))).some(Boolean)).toBe(false);
});
