import { afterEach, expect, it, vi } from 'vitest';
import { EXIT } from '../../lib/exit.ts';
import { moveStorage } from './storage-move.ts';

afterEach(() => vi.unstubAllEnvs());

it('moves nothing from a storage to itself', async () => {
  await expect(moveStorage({ from: 'disk', to: 'disk' })).rejects.toMatchObject({
    exitCode: EXIT.usage,
  });
});

it('takes nothing from the storage that is in use', async () => {
  vi.stubEnv('STORAGE', 'disk');
  await expect(moveStorage({ from: 'disk', to: 's3', remove: true })).rejects.toMatchObject({
    exitCode: EXIT.usage,
    message: expect.stringContaining('set STORAGE=s3'),
  });
});

it('names the settings that it lacks', async () => {
  await expect(moveStorage({ from: 'disk', to: 's3' })).rejects.toThrow('S3_ENDPOINT is missing');
});
