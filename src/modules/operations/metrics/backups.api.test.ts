import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { readScrape } from '../../../../test/support/scrape.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN } });
});
afterAll(() => test.close());

async function shown(): Promise<Record<string, number>> {
  const answer = await test.call({ path: '/metrics', token: METRICS_TOKEN });
  const { samples } = readScrape(answer.body);
  const ours = samples.filter(({ name }) => name.startsWith('backup_'));
  return Object.fromEntries(ours.map(({ name, value }) => [name, value]));
}

const record = (event: 'taken' | 'verified', done_at: Date) =>
  test.services.db.insertInto('backup_records').values({ event, done_at }).execute();

it('a database that was never backed up shows no time, which an alert sees as absent', async () => {
  expect(await shown()).toEqual({});
});

it('the newest backup and its last trial show their times', async () => {
  await record('taken', new Date('2026-03-01T00:00:00Z'));
  await record('verified', new Date('2026-03-01T01:00:00Z'));
  expect(await shown()).toEqual({
    backup_taken_timestamp_seconds: 1_772_323_200,
    backup_verified_timestamp_seconds: 1_772_326_800,
  });
});
