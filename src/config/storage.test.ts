import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { faultsOf } from './config.testkit.ts';

describe('the storage of uploads', () => {
  const S3 = {
    S3_ENDPOINT: 'https://s3.market.ph',
    S3_BUCKET: 'uploads',
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: 'secret',
  };

  it('is the disk, and needs nothing', () => {
    expect(loadConfig({}, '1.0.0')).toMatchObject({ STORAGE: 'disk', S3_REGION: 'us-east-1' });
  });

  it.each([{ STORAGE: 's3' }, { STORAGE_FALLBACK: 's3' }])(
    'is a bucket only with everything that leads there: %j',
    (use) => {
      const [setting = ''] = Object.keys(use);
      expect(faultsOf(use)).toEqual(
        Object.keys(S3).map((name) => `${name} is missing: ${setting}=s3 needs it`),
      );
      expect(faultsOf({ ...use, ...S3 })).toEqual([]);
    },
  );

  it.each([
    [{ STORAGE_FALLBACK: 'disk' }, 'STORAGE_FALLBACK'],
    [{ STORAGE: 's3', STORAGE_FALLBACK: 's3', ...S3 }, 'STORAGE_FALLBACK'],
    [{ S3_ENDPOINT: 'https://id@s3.market.ph' }, 'S3_ENDPOINT'],
    [{ S3_ENDPOINT: 'https://s3.market.ph?bucket=uploads' }, 'S3_ENDPOINT'],
    [{ S3_ENDPOINT: 's3.market.ph' }, 'S3_ENDPOINT'],
    [{ S3_BUCKET: 'Uploads/images' }, 'S3_BUCKET'],
    [{ STORAGE: 'nfs' }, 'STORAGE'],
  ])('is refused as %j', (env, name) => {
    expect(faultsOf(env)).toEqual([expect.stringContaining(name)]);
  });
});
