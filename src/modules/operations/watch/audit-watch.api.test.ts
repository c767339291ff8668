import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { readScrape, sampleOf } from '../../../../test/support/scrape.ts';
import { HOUR_MS } from '../../../lib/time.ts';
import { allInvariants } from '../../../process/all-invariants.ts';
import { sealEntries } from '../../audit/seals/seals.service.ts';
import { record, tamper } from '../../audit/seals/seals.testkit.ts';
import { watchAuditJob } from '../housekeeping.jobs.ts';
import { watchInvariants } from './invariants.service.ts';

const METRICS_TOKEN = 'metrics-token-of-the-tests';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN } });
  await record(test.system, 3);
  await sealEntries(test.system);
});
afterAll(() => test.close());

async function verdict() {
  const { body } = await test.call({ path: '/metrics', token: METRICS_TOKEN });
  const scrape = readScrape(body);
  return {
    breaks: sampleOf(scrape, 'audit_chain_breaks'),
    verified_at_seconds: sampleOf(scrape, 'audit_chain_verified_timestamp_seconds'),
    names: scrape.samples.map(({ labels }) => labels['invariant']),
  };
}

const nowSeconds = () => test.clock.now().getTime() / 1_000;

/** Verifies the log once. @returns whether the metrics say so at once */
async function verify(): Promise<boolean> {
  const before_seconds = nowSeconds();
  await watchAuditJob.run(test.system, {});
  const { verified_at_seconds = 0 } = await verdict();
  return verified_at_seconds >= before_seconds;
}

it('a log that was never verified has no verdict', async () => {
  expect(await verdict()).toMatchObject({ breaks: undefined, verified_at_seconds: undefined });
});

it('a change of a sealed entry shows with the next verification, and invariants forget nothing of it', async () => {
  expect(await verify()).toBe(true);
  expect(await verdict()).toMatchObject({ breaks: 0 });
  await tamper(
    test,
    `UPDATE audit_entries SET action = 'thing.forged' WHERE object_id = 'thing 2'`,
  );
  test.clock.advance(6 * HOUR_MS);
  expect(await verify()).toBe(true);
  await watchInvariants(test.system, allInvariants);
  const { breaks, names } = await verdict();
  expect(breaks).toBe(1);
  expect(names).not.toContain('audit chain');
});
