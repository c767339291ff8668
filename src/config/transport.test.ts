import { describe, expect, it } from 'vitest';
import { faultsOf, PRODUCTION } from './config.testkit.ts';

describe('addresses of other machines', () => {
  const faultsWith = (env: Record<string, string>) => faultsOf({ ...PRODUCTION, ...env });

  it.each([
    ['DATABASE_URL', 'postgres://market@db.market.ph/market'],
    ['DATABASE_URL', 'postgres://market@db.market.ph/market?sslmode=require'],
    ['DATABASE_URL', 'postgres://market@db.market.ph/market?sslmode=no-verify'],
    ['DATABASE_URL', 'postgres://market@db.market.ph/market?sslmode=disable'],
    ['DATABASE_URL', 'postgres://market@db.market.ph/market?ssl=true'],
    ['DATABASE_URL', 'postgres://market@localhost/market?host=db.market.ph'],
    ['DATABASE_URL', 'postgres://market@localhost.market.ph/market'],
    ['DATABASE_DIRECT_URL', 'postgres://market@10.0.0.11:5432/market'],
    ['DATABASE_REPLICA_URL', 'postgres://market@10.0.0.12:5432/market?sslmode=require'],
    ['REDIS_URL', 'redis://redis.market.ph:6379'],
    ['REDIS_URL', 'redis://:secret@10.0.0.12'],
    ['REDIS_URL', 'redis+sentinel://127.0.0.1,10.0.0.12/market'],
    ['SMTP_URL', 'smtp://mail.market.ph'],
    ['SMTP_URL', 'smtp://mail.market.ph:587?requireTLS=false'],
    ['SMTP_URL', 'smtp://mail.market.ph:587?requireTLS=true&ignoreTLS=true'],
    ['SMTP_URL', 'smtps://mail.market.ph?tls.rejectUnauthorized=false'],
    ['SMTP_URL', 'mail.market.ph'],
    ['S3_ENDPOINT', 'http://s3.market.ph:9000'],
    ['S3_ENDPOINT', 'http://localhost.market.ph'],
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
    [
      'DATABASE_URL',
      'postgres://market@db.market.ph/market?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    ],
    ['DATABASE_URL', 'postgres://market@localhost/market'],
    ['DATABASE_URL', 'postgres://market@[::1]:5432/market'],
    ['DATABASE_URL', 'postgres://market@127.0.0.1:6432/market'],
    ['DATABASE_URL', 'postgres://market@/market?host=/run/postgresql'],
    ['DATABASE_URL', 'postgres:///market?host=%2Frun%2Fpostgresql'],
    ['DATABASE_URL', 'postgres://%2Frun%2Fpostgresql/market'],
    ['REDIS_URL', 'rediss://redis.market.ph:6379'],
    ['REDIS_URL', 'redis://localhost:6379'],
    ['REDIS_URL', 'redis+sentinel://127.0.0.1:26379,localhost/market'],
    ['SMTP_URL', 'smtps://user:password@mail.market.ph'],
    ['SMTP_URL', 'smtp://mail.market.ph:587?requireTLS=true'],
    ['SMTP_URL', 'smtp://127.0.0.1:25'],
    ['S3_ENDPOINT', 'https://s3.market.ph/files'],
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
