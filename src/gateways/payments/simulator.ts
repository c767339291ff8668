// A wallet provider that lives in one table of ours: pay, fail, expire, refund, and report by signed webhooks.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { KeyRing } from '../../lib/keys/key-ring.ts';
import type { Clock } from '../../lib/time.ts';
import {
  type PaymentProvider,
  type ProviderPayment,
  ProviderRefusedError,
} from './payment-provider.ts';
import { openWebhook, type SimulatedWebhook, signWebhook } from './simulator-webhook.ts';

export type SimulatedOutcome = 'success' | 'failure' | 'expiry';

export interface Simulator extends PaymentProvider {
  /**
   * Decides a started payment on the wallet's side and returns its event, with an id of its own.
   * A paid session stays paid, and one that failed or expired can still be paid; the event says what was asked for
   * in any case, like one that was long on its way.
   * @throws ProviderRefusedError where the payment was never started
   */
  decide(payment_id: string, outcome: SimulatedOutcome): Promise<SimulatedWebhook>;
  /** Where the browser goes back to after each outcome; undefined for a payment that was never started. */
  findReturns(payment_id: string): Promise<Readonly<Record<SimulatedOutcome, string>> | undefined>;
}

export interface SimulatorOptions {
  readonly db: Db;
  /** Sign webhooks; the same in every process. */
  readonly secrets: KeyRing<string>;
  readonly clock: Clock;
  readonly publicUrl: string;
}

const OUTCOMES = { success: 'PAID', failure: 'FAILED', expiry: 'EXPIRED' } as const;

export function createSimulator({ db, secrets, clock, publicUrl }: SimulatorOptions): Simulator {
  return {
    name: 'simulator',
    capabilities: { methods: ['GCASH', 'MAYA'], partialRefunds: true },

    async start({ payment_id, amount_centavos, expires_at, return_url, cancel_url }) {
      const reference = `sim_${randomUUID()}`;
      await db
        .insertInto('simulator_wallet')
        .values({
          reference,
          payment_id,
          amount_centavos,
          expires_at,
          return_url,
          cancel_url,
          created_at: clock.now(),
        })
        .onConflict((conflict) => conflict.column('payment_id').doNothing())
        .execute();
      const session = await findSession(db, 'payment_id', payment_id);
      if (session?.amount_centavos !== amount_centavos) {
        throw new ProviderRefusedError('The session of this payment is over another amount');
      }
      return {
        reference: session.reference,
        url: `${publicUrl}/dev/payments/${payment_id}/wallet`,
      };
    },

    verifyWebhook: (webhook) => openWebhook(secrets, webhook),

    async fetch(reference) {
      const session = await findSession(db, 'reference', reference);
      if (session === undefined) return undefined;
      const { amount_centavos, refunded_centavos } = session;
      return { status: statusAt(session, clock.now()), amount_centavos, refunded_centavos };
    },

    async refund({ reference, refund_id, amount_centavos }) {
      const isNew = await giveBack(db, { reference, refund_id, amount_centavos });
      if (!isNew && (await findRefund(db, reference, refund_id)) !== amount_centavos) {
        throw new ProviderRefusedError(
          'The payment does not exist, is not paid, or has less left than that',
        );
      }
      return `sim_refund_${refund_id}`;
    },

    async decide(payment_id, outcome) {
      const status = OUTCOMES[outcome];
      await db
        .updateTable('simulator_wallet')
        .set({ status })
        .where('payment_id', '=', payment_id)
        .where('status', 'in', status === 'PAID' ? ['OPEN', 'FAILED', 'EXPIRED'] : ['OPEN'])
        .execute();
      const session = await findSession(db, 'payment_id', payment_id);
      if (session === undefined) throw new ProviderRefusedError('The payment was never started');
      const event_id = `sim_event_${randomUUID()}`;
      const event = { event_id, reference: session.reference, outcome: status };
      return signWebhook(secrets, event, clock.now());
    },

    async findReturns(payment_id) {
      const session = await findSession(db, 'payment_id', payment_id);
      if (session?.return_url == null || session.cancel_url === null) return undefined;
      const { return_url, cancel_url } = session;
      return { success: return_url, failure: cancel_url, expiry: cancel_url };
    },
  };
}

function findSession(db: Db, column: 'reference' | 'payment_id', value: string) {
  return db
    .selectFrom('simulator_wallet')
    .select([
      'reference',
      'status',
      'amount_centavos',
      'refunded_centavos',
      'expires_at',
      'return_url',
      'cancel_url',
    ])
    .where(column, '=', value)
    .executeTakeFirst();
}

/** The wallet expires sessions by itself. */
function statusAt(
  session: { status: string; expires_at: Date },
  now: Date,
): ProviderPayment['status'] {
  if (session.status === 'PAID' || session.status === 'FAILED') return session.status;
  return session.status === 'OPEN' && session.expires_at > now ? 'OPEN' : 'EXPIRED';
}

interface Refund {
  readonly reference: string;
  readonly refund_id: string;
  readonly amount_centavos: number;
}

/** One conditional update, so that equal and rival refunds at once cannot both count. @returns whether it counted */
async function giveBack(
  db: Db,
  { reference, refund_id, amount_centavos }: Refund,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE simulator_wallet SET
      refunded_centavos = refunded_centavos + ${amount_centavos}::bigint,
      refunds = refunds || jsonb_build_object(${refund_id}::text, ${amount_centavos}::bigint)
    WHERE reference = ${reference} AND status = 'PAID' AND NOT refunds ? ${refund_id}
      AND ${amount_centavos}::bigint BETWEEN 1 AND amount_centavos - refunded_centavos`.execute(db);
  return numAffectedRows === 1n;
}

/** Centavos of a refund that was made before. */
async function findRefund(
  db: Db,
  reference: string,
  refund_id: string,
): Promise<number | undefined> {
  const { rows } = await sql<{ amount_centavos: number | null }>`
    SELECT (refunds ->> ${refund_id})::bigint AS amount_centavos
    FROM simulator_wallet WHERE reference = ${reference}`.execute(db);
  return rows[0]?.amount_centavos ?? undefined;
}
