import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS, plusMs } from '../../lib/time.ts';
import { createScratchDatabase, type ScratchDatabase } from '../scratch-database.ts';
import { ProviderRefusedError } from './payment-provider.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { SIGNATURE_TOLERANCE_MS } from './simulator-webhook.ts';

const secret = 'a secret of the simulator in tests';
const START = new Date('2026-11-02T08:00:00Z');

describe('payment simulator', () => {
  let scratch: ScratchDatabase;
  let now = START;
  let wallet: Simulator;
  const create = () =>
    createSimulator({
      db: scratch.db,
      secrets: [secret],
      clock: { now: () => now },
      publicUrl: 'http://localhost:8000',
    });
  beforeAll(async () => {
    scratch = await createScratchDatabase(8);
    wallet = create();
  });
  afterAll(() => scratch.drop());

  const payment = (payment_id: string = randomUUID()) =>
    ({
      payment_id,
      amount_centavos: 10_000,
      method: 'GCASH',
      expires_at: plusMs(START, 13 * MINUTE_MS),
      return_url: 'http://localhost:8000/back',
      cancel_url: 'http://localhost:8000/given-up',
    }) as const;

  async function startPaid(): Promise<string> {
    now = START;
    const { payment_id } = payment();
    const { reference } = await wallet.start(payment(payment_id));
    await wallet.decide(payment_id, 'success');
    return reference;
  }

  describe('start', () => {
    it('opens a session whose page is named by the payment', async () => {
      now = START;
      const { payment_id } = payment();
      const session = await wallet.start(payment(payment_id));
      expect(session.reference).toMatch(/^sim_[0-9a-f-]{36}$/);
      expect(session.url).toBe(`http://localhost:8000/dev/payments/${payment_id}/wallet`);
      expect(await wallet.fetch(session.reference)).toEqual({
        status: 'OPEN',
        amount_centavos: 10_000,
        refunded_centavos: 0,
      });
    });

    it('gives one session to a payment started many times at once, by several processes', async () => {
      const { payment_id } = payment();
      const wallets = [wallet, create(), create()];
      const sessions = await Promise.all(
        Array.from({ length: 12 }, (_, n) => wallets[n % 3]?.start(payment(payment_id))),
      );
      expect(new Set(sessions.map((session) => session?.reference)).size).toBe(1);
    });

    it('refuses to reopen a session over another amount', async () => {
      const { payment_id } = payment();
      await wallet.start(payment(payment_id));
      const reopening = wallet.start({ ...payment(payment_id), amount_centavos: 1 });
      await expect(reopening).rejects.toThrow(ProviderRefusedError);
    });
  });

  describe('decide', () => {
    it.each([
      ['success', 'PAID'],
      ['failure', 'FAILED'],
      ['expiry', 'EXPIRED'],
    ] as const)('%s makes an open session %s and tells so', async (outcome, status) => {
      now = START;
      const { payment_id } = payment();
      const { reference } = await wallet.start(payment(payment_id));
      const webhook = await wallet.decide(payment_id, outcome);
      expect(wallet.verifyWebhook({ ...webhook, now })).toEqual({
        event_id: expect.stringMatching(/^sim_event_/),
        reference,
        outcome: status,
      });
      expect((await wallet.fetch(reference))?.status).toBe(status);
    });

    it('keeps a paid session paid, whatever comes after', async () => {
      now = START;
      const { payment_id } = payment();
      const { reference } = await wallet.start(payment(payment_id));
      await wallet.decide(payment_id, 'success');
      for (const outcome of ['failure', 'expiry'] as const) {
        const webhook = await wallet.decide(payment_id, outcome);
        expect(wallet.verifyWebhook({ ...webhook, now })?.outcome).not.toBe('PAID');
        expect((await wallet.fetch(reference))?.status).toBe('PAID');
      }
    });

    it.each(['failure', 'expiry'] as const)('lets a success come after a %s', async (outcome) => {
      now = START;
      const { payment_id } = payment();
      const { reference } = await wallet.start(payment(payment_id));
      await wallet.decide(payment_id, outcome);
      now = plusMs(START, 60 * MINUTE_MS);
      await wallet.decide(payment_id, 'success');
      expect((await wallet.fetch(reference))?.status).toBe('PAID');
    });

    it('gives every event an id of its own', async () => {
      now = START;
      const { payment_id } = payment();
      await wallet.start(payment(payment_id));
      const first = wallet.verifyWebhook({ ...(await wallet.decide(payment_id, 'success')), now });
      const second = wallet.verifyWebhook({ ...(await wallet.decide(payment_id, 'success')), now });
      expect(first?.event_id).not.toBe(second?.event_id);
    });

    it('refuses a payment that was never started', async () => {
      await expect(wallet.decide(randomUUID(), 'success')).rejects.toThrow(ProviderRefusedError);
    });
  });

  it('sends the browser back to one address after success, to the other after anything else', async () => {
    now = START;
    const started = payment();
    await wallet.start(started);
    const { return_url, cancel_url } = started;
    expect(await wallet.findReturns(started.payment_id)).toEqual({
      success: return_url,
      failure: cancel_url,
      expiry: cancel_url,
    });
    expect(await wallet.findReturns(randomUUID())).toBeUndefined();
  });

  describe('fetch', () => {
    it('shows an open session as expired from the moment its time is over', async () => {
      now = START;
      const { reference } = await wallet.start(payment());
      now = plusMs(START, 13 * MINUTE_MS - 1);
      expect((await wallet.fetch(reference))?.status).toBe('OPEN');
      now = plusMs(START, 13 * MINUTE_MS);
      expect((await wallet.fetch(reference))?.status).toBe('EXPIRED');
    });

    it('shows a paid session as paid after its time', async () => {
      const reference = await startPaid();
      now = plusMs(START, 60 * MINUTE_MS);
      expect((await wallet.fetch(reference))?.status).toBe('PAID');
    });

    it('knows nothing of a foreign reference', async () => {
      expect(await wallet.fetch('sim_unknown')).toBeUndefined();
    });
  });

  describe('webhooks', () => {
    const body = JSON.stringify({
      event_id: `sim_event_${randomUUID()}`,
      reference: `sim_${randomUUID()}`,
      outcome: 'PAID',
    });
    const sign = (rawBody: string, { t = START.getTime() / 1000, key = secret } = {}) => {
      const v1 = createHmac('sha256', key).update(`${t}.${rawBody}`).digest('hex');
      return { rawBody, headers: { 'simulator-signature': `t=${t},v1=${v1}` }, now: START };
    };

    it('believes what is signed with the secret', () => {
      expect(wallet.verifyWebhook(sign(body))).toEqual(JSON.parse(body));
    });

    it('refuses a body that was changed after signing', () => {
      const rawBody = body.replace('PAID', 'FAILED');
      expect(wallet.verifyWebhook({ ...sign(body), rawBody })).toBeUndefined();
    });

    it('refuses a time that was changed after signing', () => {
      const { headers, ...webhook } = sign(body);
      const signature = headers['simulator-signature'].replace(
        /^t=(\d+)/,
        `t=${START.getTime() / 1000 + 1}`,
      );
      expect(
        wallet.verifyWebhook({ ...webhook, headers: { 'simulator-signature': signature } }),
      ).toBeUndefined();
    });

    it('refuses another secret', () => {
      expect(wallet.verifyWebhook(sign(body, { key: 'another' }))).toBeUndefined();
    });

    it('refuses a signature older or newer than the tolerance, and no younger one', () => {
      const webhook = sign(body);
      const at = (age_ms: number) =>
        wallet.verifyWebhook({ ...webhook, now: plusMs(START, age_ms) });
      expect(at(SIGNATURE_TOLERANCE_MS)).toBeDefined();
      expect(at(SIGNATURE_TOLERANCE_MS + 1)).toBeUndefined();
      expect(at(-SIGNATURE_TOLERANCE_MS)).toBeDefined();
      expect(at(-SIGNATURE_TOLERANCE_MS - 1)).toBeUndefined();
    });

    it.each([undefined, '', 't=1', 'v1=00', 't=x,v1=y', 't=1,v1=00', `t=1,v1=${'é'.repeat(64)}`])(
      'refuses the header %j without throwing',
      (signature) => {
        const headers = { 'simulator-signature': signature };
        expect(
          wallet.verifyWebhook({ headers, rawBody: body, now: new Date(1000) }),
        ).toBeUndefined();
      },
    );

    it.each([
      '',
      '{',
      'null',
      '[]',
      '"PAID"',
      '{}',
      JSON.stringify({ event_id: 'x', reference: 'y', outcome: 'PAID' }),
      body.replace('PAID', 'STOLEN'),
      '['.repeat(20_000),
    ])('refuses the signed but malformed body %#', (rawBody) => {
      expect(wallet.verifyWebhook(sign(rawBody))).toBeUndefined();
    });
  });

  describe('refund', () => {
    const refunded = async (reference: string) =>
      (await wallet.fetch(reference))?.refunded_centavos;

    it('gives back part and then the rest', async () => {
      const reference = await startPaid();
      const first = await wallet.refund({
        reference,
        refund_id: randomUUID(),
        amount_centavos: 4_000,
      });
      expect(await refunded(reference)).toBe(4_000);
      const second = await wallet.refund({
        reference,
        refund_id: randomUUID(),
        amount_centavos: 6_000,
      });
      expect(await refunded(reference)).toBe(10_000);
      expect(first).not.toBe(second);
    });

    it('counts the same refund once, however often and at once it is asked for', async () => {
      const reference = await startPaid();
      const refund = { reference, refund_id: randomUUID(), amount_centavos: 3_000 };
      const ids = await Promise.all(Array.from({ length: 10 }, () => wallet.refund(refund)));
      expect(new Set(ids).size).toBe(1);
      expect(await refunded(reference)).toBe(3_000);
    });

    it('never gives back more than was paid, to rivals at once either', async () => {
      const reference = await startPaid();
      const refunds = await Promise.allSettled(
        Array.from({ length: 10 }, () =>
          wallet.refund({ reference, refund_id: randomUUID(), amount_centavos: 3_000 }),
        ),
      );
      expect(refunds.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect(await refunded(reference)).toBe(9_000);
    });

    it('refuses the id of an earlier refund for another amount', async () => {
      const reference = await startPaid();
      const refund = { reference, refund_id: randomUUID(), amount_centavos: 3_000 };
      await wallet.refund(refund);
      const changed = wallet.refund({ ...refund, amount_centavos: 2_000 });
      await expect(changed).rejects.toThrow(ProviderRefusedError);
      expect(await refunded(reference)).toBe(3_000);
    });

    it.each([0, -1, 10_001])(
      'refuses to give back %i centavos of 10,000',
      async (amount_centavos) => {
        const reference = await startPaid();
        const refund = wallet.refund({ reference, refund_id: randomUUID(), amount_centavos });
        await expect(refund).rejects.toThrow(ProviderRefusedError);
        expect(await refunded(reference)).toBe(0);
      },
    );

    it('refuses what is unpaid or unknown', async () => {
      now = START;
      const { reference } = await wallet.start(payment());
      for (const target of [reference, 'sim_unknown']) {
        const refund = wallet.refund({
          reference: target,
          refund_id: randomUUID(),
          amount_centavos: 1,
        });
        await expect(refund).rejects.toThrow(ProviderRefusedError);
      }
    });
  });
});
