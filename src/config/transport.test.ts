import { describe, expect, it } from 'vitest';
import { faultsOf, PRODUCTION } from './config.testkit.ts';

describe('addresses of other machines', () => {
  const faultsWith = (env: Record<string, string>) => faultsOf({ ...PRODUCTION, ...env });

  it.each([
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=require'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=no-verify'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=disable'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?ssl=true'],
    ['DATABASE_URL', 'postgres://shop@localhost/shop?host=db.shop.ph'],
    ['DATABASE_URL', 'postgres://shop@localhost.shop.ph/shop'],
    ['DATABASE_DIRECT_URL', 'postgres://shop@10.0.0.11:5432/shop'],
    ['DATABASE_REPLICA_URL', 'postgres://shop@10.0.0.12:5432/shop?sslmode=require'],
    ['REDIS_URL', 'redis://redis.shop.ph:6379'],
    ['REDIS_URL', 'redis://:secret@10.0.0.12'],
    ['REDIS_URL', 'redis+sentinel://127.0.0.1,10.0.0.12/shop'],
    ['SMTP_URL', 'smtp://mail.shop.ph'],
    ['SMTP_URL', 'smtp://mail.shop.ph:587?requireTLS=false'],
    ['SMTP_URL', 'smtp://mail.shop.ph:587?requireTLS=true&ignoreTLS=true'],
    ['SMTP_URL', 'smtps://mail.shop.ph?tls.rejectUnauthorized=false'],
    ['SMTP_URL', 'mail.shop.ph'],
    ['S3_ENDPOINT', 'http://s3.shop.ph:9000'],
    ['S3_ENDPOINT', 'http://localhost.shop.ph'],
  ])(
    'are refused without verified TLS, and one setting is named that allows them: %s=%s',
    (name, value) => {
      const [fault, ...others] = faultsWith({ [name]: value });
      expect([fault?.startsWith(`${name} leads to another machine without`), others]).toEqual([
        true,
        [],
      ]);
      const setting = `${name.split('_')[0]}_TLS`;
      expect(fault).toContain(`${setting}=off`);
      expect(faultsWith({ [name]: value, [setting]: 'off' })).toEqual([]);
    },
  );

  it.each([
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem'],
    ['DATABASE_URL', 'postgres://shop@localhost/shop'],
    ['DATABASE_URL', 'postgres://shop@[::1]:5432/shop'],
    ['DATABASE_URL', 'postgres://shop@127.0.0.1:6432/shop'],
    ['DATABASE_URL', 'postgres://shop@/shop?host=/run/postgresql'],
    ['DATABASE_URL', 'postgres:///shop?host=%2Frun%2Fpostgresql'],
    ['DATABASE_URL', 'postgres://%2Frun%2Fpostgresql/shop'],
    ['REDIS_URL', 'rediss://redis.shop.ph:6379'],
    ['REDIS_URL', 'redis://localhost:6379'],
    ['REDIS_URL', 'redis+sentinel://127.0.0.1:26379,localhost/shop'],
    ['SMTP_URL', 'smtps://user:password@mail.shop.ph'],
    ['SMTP_URL', 'smtp://mail.shop.ph:587?requireTLS=true'],
    ['SMTP_URL', 'smtp://127.0.0.1:25'],
    ['S3_ENDPOINT', 'https://s3.shop.ph/files'],
    ['S3_ENDPOINT', 'http://127.0.0.1:9000'],
  ])('are taken where nobody can listen: %s=%s', (name, value) => {
    expect(faultsWith({ [name]: value })).toEqual([]);
  });

  it('are not judged in development', () => {
    expect(faultsOf({ SMTP_URL: 'smtp://mail', REDIS_URL: 'redis://redis' })).toEqual([]);
  });

  it('are refused where no certificate is checked at all', () => {
    expect(faultsWith({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
      expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED'),
    ]);
  });
});
