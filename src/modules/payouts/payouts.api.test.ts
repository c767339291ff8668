// From what sellers earn to what their banks get: nothing is paid twice or lost, whatever is repeated, crosses or breaks.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setOldDestination } from '../../../test/authorization/money.fixtures.ts';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { checkAllInvariants } from '../../../test/support/invariants.ts';
import { STEP_UP_LIFETIME_MS } from '../../context.ts';
import { observeStatements } from '../../db/observed.ts';
import { messageOf } from '../../lib/errors.ts';
import { openSecret } from '../../lib/keys/sealed.ts';
import { DAY_MS, HOUR_MS } from '../../lib/time.ts';
import { loadTokens } from '../../tokens/tokens.ts';
import { reencryptAccountNumbers } from './destinations/reencryption.service.ts';
import { openPayoutMarket, type PayoutMarket } from './payouts.testkit.ts';
import { startPayouts } from './runs/runs.service.ts';

/** For a crash behind each statement in turn. */
const LONG_MS = 180_000;
const NOTHING = { pending: '0.00', available: '0.00', in_payout: '0.00', owed: '0.00' };

let market: PayoutMarket;
beforeAll(async () => {
  market = await openPayoutMarket();
});
afterAll(async () => {
  expect(await checkAllInvariants(market.test.databaseUrl, market.test.clock.now())).toEqual([]);
  await market.test.close();
});

describe('a balance', () => {
  it('is pending until the claim window is over, then available, and shows nobody else', async () => {
    const seller = await market.createEarner();
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, pending: '228.00' });
    market.waitForClaims();
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, available: '228.00' });
    const other = await createActor(market.test, { role: 'seller' });
    const path = `/sellers/${seller.seller_id}/balance`;
    expect((await market.read(other, path)).statusCode).toBe(404);
  });

  it('falls by a refund, of what is pending as of what is available', async () => {
    const seller = await market.createEarner();
    const { payment_id } = await market.sell(seller);
    const refund = { amount: '20', reason: 'bruised' };
    await market.send(market.admin, 'POST', `/payments/${payment_id}/refunds`, refund);
    expect((await market.balanceOf(seller))['pending']).toBe('323.00');
  });
});

describe('a payout run', () => {
  it('moves nothing until another admin than its creator approves it, and then once', async () => {
    const seller = await market.createEarner();
    market.waitForClaims();
    const draft = (await market.send(market.admin, 'POST', '/admin/payout-runs')).json();
    expect(draft).toMatchObject({ status: 'DRAFT' });
    await startPayouts(market.test.system);
    expect((await market.balanceOf(seller))['available']).toBe('228.00');
    const approve = `/admin/payout-runs/${draft.id}/approve`;
    expect((await market.send(market.admin, 'POST', approve)).json().code).toBe('FORBIDDEN');
    expect((await market.send(market.secondAdmin, 'POST', approve)).statusCode).toBe(200);
    expect((await market.send(market.secondAdmin, 'POST', approve)).statusCode).toBe(409);
    await startPayouts(market.test.system);
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, in_payout: '228.00' });
  });

  it('leaves out what is below the minimum, and a destination that was just changed', async () => {
    const [poor, moved] = [
      await createActor(market.test, { role: 'seller' }),
      await market.createEarner(),
    ];
    await market.sell(poor);
    await setOldDestination(market.test, poor);
    market.waitForClaims();
    const path = `/sellers/${moved.seller_id}/payout-destination`;
    await changeDestination(moved, path);
    const { payouts } = (await market.send(market.admin, 'POST', '/admin/payout-runs')).json();
    const sellers = payouts.map(({ seller_id }: { seller_id: string }) => seller_id);
    expect(sellers).not.toContain(poor.seller_id);
    expect(sellers).not.toContain(moved.seller_id);
    market.test.clock.advance(DAY_MS);
    expect((await market.payOut(moved)).status).toBe('STARTED');
  });

  it('pays once, however many runs were drafted and however many workers send them', async () => {
    const seller = await market.createEarner();
    market.waitForClaims();
    const runs = [await market.approveRun(), await market.approveRun()];
    await Promise.all([1, 2, 3].map(() => startPayouts(market.test.system)));
    market.test.clock.advance(HOUR_MS);
    await startPayouts(market.test.system);
    const answers = await Promise.all(
      runs.map((id) => market.read(market.admin, `/admin/payout-runs/${id}`)),
    );
    const own = answers
      .flatMap((answer) => answer.json().payouts)
      .filter(({ seller_id }) => seller_id === seller.seller_id)
      .map(({ status, reason }) => [status, reason]);
    expect(own.toSorted()).toEqual([
      ['SKIPPED', 'BALANCE_CHANGED'],
      ['STARTED', null],
    ]);
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, in_payout: '228.00' });
  });

  it(
    'loses and doubles nothing, whichever of its statements is the last before a crash',
    async () => {
      for (let good = 0; ; good += 1) {
        const seller = await market.createEarner();
        market.waitForClaims();
        await market.approveRun();
        const isOver = await crashAfter(good);
        market.test.clock.advance(HOUR_MS);
        await startPayouts(market.test.system);
        expect([good, await market.balanceOf(seller)]).toEqual([
          good,
          { ...NOTHING, in_payout: '228.00' },
        ]);
        if (isOver) return;
      }
    },
    LONG_MS,
  );
});

describe('a payout', () => {
  it.each(['RETURNED', 'FAILED'] as const)(
    'that is %s is available again, and is paid with the next run',
    async (outcome) => {
      const seller = await market.createEarner();
      market.waitForClaims();
      const { id } = await market.payOut(seller);
      const ended = await end(id, { outcome, reason: 'no such account' });
      expect(ended.json()).toMatchObject({ status: outcome, reason: 'no such account' });
      expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, available: '228.00' });
      expect((await end(id, { outcome: 'PAID' })).statusCode).toBe(409);
      expect((await market.payOut(seller)).status).toBe('STARTED');
    },
  );

  it('that was paid may come back from the bank days later', async () => {
    const seller = await market.createEarner();
    market.waitForClaims();
    const { id } = await market.payOut(seller);
    await end(id, { outcome: 'PAID', reference: 'IP-1' });
    expect(await market.balanceOf(seller)).toEqual(NOTHING);
    expect((await end(id, { outcome: 'RETURNED' })).json().reference).toBe('IP-1');
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, available: '228.00' });
  });

  it('is followed by a refund that the seller owes, and that comes off the next one', async () => {
    const seller = await market.createEarner();
    const { payment_id } = await market.sell(seller);
    market.waitForClaims();
    await end((await market.payOut(seller)).id, { outcome: 'PAID' });
    const refund = { amount: '20', reason: 'bruised' };
    await market.send(market.admin, 'POST', `/payments/${payment_id}/refunds`, refund);
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, owed: '19.00' });
    await market.sell(seller);
    await market.sell(seller);
    await market.sell(seller);
    expect(await market.balanceOf(seller)).toMatchObject({ pending: '342.00', owed: '19.00' });
    market.waitForClaims();
    expect(await market.balanceOf(seller)).toEqual({ ...NOTHING, available: '323.00' });
  });
});

describe('a payout destination', () => {
  const numberOf = '998877665544';

  it('needs a fresh proof, is told to the seller, and is shown and kept without its number', async () => {
    const seller = await market.createEarner();
    const path = `/sellers/${seller.seller_id}/payout-destination`;
    market.test.clock.advance(STEP_UP_LIFETIME_MS);
    const body = destination(numberOf);
    const stale = await market.test.call({ method: 'PUT', path, token: seller.token, body });
    expect(stale.json().code).toBe('STEP_UP_REQUIRED');
    const set = await changeDestination(seller, path, numberOf);
    expect(set.json()).toMatchObject({ account_ends_with: '5544' });
    for (const answer of [set, await market.read(seller, path)])
      expect(answer.body).not.toContain(numberOf);
    const { db } = market.test.services;
    const stored = await db
      .selectFrom('seller_accounts')
      .selectAll()
      .where('seller_id', '=', seller.seller_id)
      .executeTakeFirstOrThrow();
    expect(stored.account_number.toString('latin1')).not.toContain(numberOf);
    const told = await db
      .selectFrom('outbox_messages')
      .select('payload')
      .where('topic', '=', 'seller.payout-destination-set')
      .execute();
    expect(JSON.stringify(told)).toContain(seller.seller_id);
    const audited = await db.selectFrom('audit_entries').select('changes').execute();
    expect(JSON.stringify(audited)).not.toContain(numberOf);
  });

  it('can be read with the new secret alone once a rotation is over', async () => {
    const seller = await market.createEarner();
    const { config, db } = market.test.services;
    const [old, next] = [config.APP_SECRET ?? '', 'the secret that takes its place now'];
    const secrets = async (APP_SECRET: string) => loadTokens({ ...config, APP_SECRET });
    const rotated = await reencryptAccountNumbers(db, await secrets(`${next},${old}`));
    expect(rotated.renewed).toBe(rotated.checked);
    expect(rotated.lost).toEqual([]);
    const { account_number } = await db
      .selectFrom('seller_accounts')
      .select('account_number')
      .where('seller_id', '=', seller.seller_id)
      .executeTakeFirstOrThrow();
    const keys = (await secrets(next)).deriveKeys('payout-destination');
    expect(openSecret(keys, seller.seller_id, account_number)?.secret).toBe('001234506789');
    await reencryptAccountNumbers(db, await secrets(`${old},${next}`));
  });

  it('is in the bank file in full, each reading of which is audited', async () => {
    const seller = await market.createEarner();
    await changeDestination(seller, `/sellers/${seller.seller_id}/payout-destination`, numberOf);
    market.waitForClaims();
    const run = await market.approveRun();
    await startPayouts(market.test.system);
    const path = `/admin/payout-runs/${run}/file`;
    const file = await market.read(market.admin, `${path}?rail=INSTAPAY&format=csv`);
    expect(file.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(file.body).toContain(`INSTAPAY,BNORPHMM,${numberOf},N. Bautista,228.00,PHP,`);
    const pesonet = await market.read(market.admin, `${path}?rail=PESONET`);
    expect(pesonet.json().csv).not.toContain(numberOf);
    const readings = await market.test.services.db
      .selectFrom('audit_entries')
      .select('actor_id')
      .where('action', '=', 'payout_run.file-made')
      .where('object_id', '=', run)
      .execute();
    expect(readings).toHaveLength(2);
  });
});

const end = (id: string, body: object) =>
  market.send(market.admin, 'POST', `/admin/payouts/${id}/end`, body);

const destination = (account_number: string) => ({
  bank_code: 'BNORPHMM',
  account_name: 'N. Bautista',
  account_number,
});

function changeDestination(seller: TestActor, path: string, number = '001234506789') {
  return market.send(seller, 'PUT', path, destination(number));
}

const FAULT = 'Nobody foresaw this';

/** Sends what is approved until this many statements went well. @returns whether it came to its end */
async function crashAfter(good: number): Promise<boolean> {
  let left = good;
  const db = observeStatements(market.test.services.db, ({ sql }) => {
    // A connection goes back to the pool as it would come back from a crash.
    if (sql !== 'rollback') left -= 1;
    if (left < 0 && sql !== 'rollback') throw new Error(FAULT);
    return () => {};
  });
  await startPayouts({ ...market.test.system, db }).catch((error: unknown) => {
    if (messageOf(error) !== FAULT) throw error;
  });
  return left >= 0;
}
