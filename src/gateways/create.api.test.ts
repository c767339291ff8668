import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../config.ts';
import { systemClock } from '../lib/time.ts';
import { createLog } from '../telemetry/log.ts';
import { createGateways } from './create.ts';
import { listDevMessages } from './messages/dev-messages.ts';
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts';
import { withFallback } from './storage/create-storage.ts';
import { createDiskStorage } from './storage/disk-storage.ts';

const APP_SECRET = 'abcdefghijklmnopqrstuvwxyz-0123456789';
const MESSAGE = { subject: 'Hi', text: 'Text' };

describe('createGateways', () => {
  let scratch: ScratchDatabase;
  let folder: string;
  beforeAll(async () => {
    scratch = await createScratchDatabase(1);
    folder = await mkdtemp(join(tmpdir(), 'gateways-'));
  });
  afterAll(async () => {
    await scratch.drop();
    await rm(folder, { recursive: true });
  });

  const create = (env: Record<string, string>, changes: Partial<Config> = {}) =>
    createGateways({
      config: { ...loadConfig({ APP_SECRET, DATA_DIR: folder, ...env }, '1.0.0'), ...changes },
      db: scratch.db,
      clock: systemClock,
      log: createLog({ level: 'silent', pretty: false, version: '1.0.0' }),
    });

  it.each(['development', 'test'])('keeps mail and SMS for reading in %s', async (NODE_ENV) => {
    const { mail, sms } = create({ NODE_ENV });
    const name = randomUUID();
    await mail.send({ to: `${name}@example.test`, ...MESSAGE });
    await sms.send({ to: name, ...MESSAGE });
    const channels = [`${name}@example.test`, name].map(async (to) =>
      (await listDevMessages(scratch.db, { to, limit: 10 })).map(({ channel }) => channel),
    );
    expect(await Promise.all(channels)).toEqual([['email'], ['sms']]);
  });

  it('really sends mail in development where a mail server is named', async () => {
    const { mail } = create({ SMTP_URL: 'smtp://127.0.0.1:1' });
    const to = 'ana@example.test';
    await expect(mail.send({ to, ...MESSAGE })).rejects.toThrow(/ECONNREFUSED/);
    expect(await listDevMessages(scratch.db, { to, limit: 10 })).toEqual([]);
  });

  it('sends SMS to nobody, development mailbox included, where nobody is to send any', async () => {
    const { sms } = create({ SMS_PROVIDER: 'none', SEMAPHORE_API_KEY: 'key' });
    const to = randomUUID();
    await sms.send({ to, ...MESSAGE });
    expect(await listDevMessages(scratch.db, { to, limit: 10 })).toEqual([]);
  });

  it('keeps uploads under the data folder', async () => {
    await create({}).storage.put('images/a.webp', Buffer.from('x'));
    expect(await readdir(join(folder, 'uploads', 'images'))).toEqual(['a.webp']);
  });

  it('puts uploads into a bucket where one is named', async () => {
    const s3 = {
      STORAGE: 's3',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      S3_BUCKET: 'uploads',
      S3_ACCESS_KEY_ID: 'id',
      S3_SECRET_ACCESS_KEY: 'secret',
    };
    const put = create(s3).storage.put('images/b.webp', Buffer.from('x'));
    await expect(put).rejects.toMatchObject({ kind: { code: 'SERVICE_UNAVAILABLE' } });
    expect(await create({}).storage.get('images/b.webp')).toBeUndefined();
  });

  it('finds in the fallback what is not in the storage yet, and removes from both', async () => {
    const first = createDiskStorage(join(folder, 'first'));
    const second = createDiskStorage(join(folder, 'second'));
    const both = withFallback(first, second);
    await second.put('images/a', Buffer.from('old'));
    expect(String(await both.get('images/a'))).toBe('old');
    expect(await both.digest('images/a')).toBe(await second.digest('images/a'));
    await both.put('images/a', Buffer.from('new'));
    expect(String(await both.get('images/a'))).toBe('new');
    expect(String(await second.get('images/a'))).toBe('old');
    await both.remove('images/a');
    expect([await first.get('images/a'), await second.get('images/a')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('shares the wallet between processes that share the secret', async () => {
    const [first, second, stranger] = [
      create({}),
      create({}),
      create({ APP_SECRET: `${APP_SECRET}!` }),
    ];
    const payment_id = randomUUID();
    await first.wallet?.start({
      payment_id,
      amount_centavos: 100,
      method: 'MAYA',
      expires_at: new Date(Date.now() + 60_000),
      return_url: 'http://localhost:8000/back',
      cancel_url: 'http://localhost:8000/given-up',
    });
    const webhook = await first.simulator?.decide(payment_id, 'success');
    const believe = (gateways: typeof first) =>
      webhook && gateways.wallet?.verifyWebhook({ ...webhook, now: new Date() })?.outcome;
    expect([first, second, stranger].map(believe)).toEqual(['PAID', 'PAID', undefined]);
  });

  it('has no wallet where no provider is configured', () => {
    const { wallet, simulator } = create({ PAYMENT_PROVIDER: 'none' });
    expect([wallet, simulator]).toEqual([undefined, undefined]);
  });

  it('refuses every stand-in in production', () => {
    const real = {
      SMTP_URL: 'smtp://127.0.0.1:1',
      SEMAPHORE_API_KEY: 'key',
      PAYMENT_PROVIDER: 'none',
    };
    const production = (env: Record<string, string>) => () => create(env, { isProduction: true });
    const without = (name: keyof typeof real) => ({ ...real, [name]: '' });
    expect(production(real)).not.toThrow();
    expect(production(without('SMTP_URL'))).toThrow(/SMTP_URL/);
    expect(production(without('SEMAPHORE_API_KEY'))).toThrow(/SEMAPHORE_API_KEY/);
    expect(production(without('PAYMENT_PROVIDER'))).toThrow(/PAYMENT_PROVIDER/);
  });

  it('refuses a simulator that could not sign', () => {
    expect(() => create({ APP_SECRET: '' })).toThrow(/APP_SECRET/);
  });
});
