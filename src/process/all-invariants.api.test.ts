import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { checkAllInvariants } from '../../test/support/invariants.ts';
import { openDatabase } from '../db/database.ts';
import { findViolations, MAX_DETAILS, type Violation } from '../db/invariants/check.ts';
import { seedDatabase } from '../seed/seed.ts';
import { allInvariants } from './all-invariants.ts';

const NOW = new Date('2026-03-02T02:00:00.000Z');
const IN_SALE =
  "(SELECT product_id FROM product_listing WHERE on_sale AND stale_at > '2026-03-02T02:00:00Z' LIMIT 1)";

/** For each invariant an accident that breaks it, with the guards of the schema out of the way. */
const ACCIDENTS: Readonly<Record<string, string>> = {
  'stock is never negative and never reserved beyond what is on hand':
    'ALTER TABLE lots DROP CONSTRAINT lots_reserved_on_hand; UPDATE lots SET reserved_milli = on_hand_milli + 1 WHERE id = (SELECT min(id::text)::uuid FROM lots)',
  'stock on hand is the sum of its movements':
    'UPDATE lots SET on_hand_milli = on_hand_milli + 1 WHERE id = (SELECT min(id::text)::uuid FROM lots)',
  'reserved stock is what open orders hold':
    "UPDATE order_item_allocations SET state = 'RELEASED' WHERE state = 'RESERVED'",
  'movements and allocations are of the product of their lot':
    'UPDATE stock_movements SET product_id = (SELECT max(id::text)::uuid FROM products)',
  'a listing shows what its product is': `UPDATE product_listing SET current_price_centavos = current_price_centavos + 1 WHERE product_id = ${IN_SALE}`,
  "a seller's products on sale are counted": 'UPDATE sellers SET product_count = product_count + 1',
  "a category's products on sale are counted":
    'UPDATE category_product_counts SET number = number + 1',
  'every product has its stock row, counters and listing':
    'DELETE FROM product_listing WHERE product_id = (SELECT min(id::text)::uuid FROM products)',
  'a SKU names one product of a seller':
    "DROP INDEX products_sku_key; UPDATE products SET sku = 'SAME' WHERE deleted_at IS NULL",
  'prices are positive':
    'ALTER TABLE products DROP CONSTRAINT products_price_centavos_check; UPDATE products SET price_centavos = 0',
  'append-only tables refuse changes': 'DROP TRIGGER order_events_append_only ON order_events',
  'no guard of the schema is switched off': 'ALTER TABLE lots DISABLE TRIGGER lots_guard_update',
  'an audit entry is sealed or waits for its seal':
    "INSERT INTO audit_entries VALUES (gen_random_uuid(), NULL, 'system', 'thing.changed', 'thing', '1', '{}', NULL, NULL, now())",
  'an audit entry and its seal lie in partitions of the same months':
    'ALTER TABLE audit_seals DETACH PARTITION partitions.audit_seals_default',
  'a deleted user is not active':
    'ALTER TABLE users DROP CONSTRAINT users_deleted_inactive; UPDATE users SET deleted_at = now() WHERE is_active',
  'an e-mail address belongs to one user':
    "DROP INDEX users_email_key; UPDATE users SET user_email = 'Same@example.com' WHERE deleted_at IS NULL",
  'a user name belongs to one user':
    "DROP INDEX users_name_key; UPDATE users SET user_name = 'same' WHERE deleted_at IS NULL",
  'a confirmed phone number belongs to one user':
    "DROP INDEX users_phone_key; UPDATE users SET user_phone = '+639170000000', phone_verified_at = now() WHERE deleted_at IS NULL",
  'a user has one seller profile':
    'DROP INDEX sellers_user_key; UPDATE sellers SET user_id = (SELECT min(id::text)::uuid FROM users)',
  'followers are counted': 'UPDATE sellers SET follower_count = follower_count + 1',
  'a customer reviews a product once':
    'DROP INDEX reviews_one_per_customer_key; INSERT INTO reviews SELECT gen_random_uuid(), product_id, user_id, reviewer_name, rating, comment, reply, replied_at, created_at, updated_at FROM reviews WHERE deleted_at IS NULL LIMIT 1',
  'ratings are the sums of reviews': 'UPDATE sellers SET rating_sum = rating_sum + 1',
  'a promo ends after it starts, and a percentage is 1 to 100':
    'ALTER TABLE promos DROP CONSTRAINT promos_end_after_start; UPDATE promos SET ends_at = starts_at',
  'an idempotency key is one per user':
    "ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey; INSERT INTO idempotency_keys SELECT (SELECT id FROM users LIMIT 1), 'k', '', 200, '{}', '', now() FROM generate_series(1, 2)",
  'an order number names one order':
    "ALTER TABLE orders DROP CONSTRAINT orders_order_number_key; UPDATE orders SET order_number = 'OID-2026-000001'",
  'nothing is left of an order that is gone': 'DELETE FROM orders',
  'an order costs what its seller orders cost':
    'UPDATE orders SET subtotal_centavos = subtotal_centavos + 1, total_centavos = total_centavos + 1',
  'a seller order costs what its lines cost':
    'UPDATE order_items SET line_total_centavos = line_total_centavos - 1 WHERE line_total_centavos > 0',
  'an order shows its least advanced seller order that is not cancelled':
    "UPDATE orders SET order_status = 'SHIPPED' WHERE order_status <> 'SHIPPED'",
  'a seller order that moved has an event of it': 'DELETE FROM order_events',
  'a line is filled from lots until its seller order is cancelled, and by none after':
    "DELETE FROM order_item_allocations WHERE id = (SELECT min(a.id::text)::uuid FROM order_item_allocations a WHERE state = 'SOLD')",
  'sales are counted once delivered': 'UPDATE product_counters SET sell_count = sell_count + 1',
  'an order has one payment, of no more than it costs':
    'UPDATE payments SET amount_centavos = amount_centavos + 100000000',
  'a payment asks for what is due for its seller orders, cash for those that are not cancelled':
    "UPDATE payments SET amount_centavos = amount_centavos - 1 WHERE payment_method = 'COD' AND amount_centavos > 0",
  'refunds never exceed their payment, and its status follows from them':
    "UPDATE payments SET payment_status = 'REFUNDED' WHERE payment_status = 'COMPLETED'",
  'a seller order gives back no more than was paid for it':
    "UPDATE seller_orders SET refunded_centavos = 1 WHERE delivered_at IS NULL AND order_status <> 'CANCELLED'",
  'what was refunded is the sum of the refunds': 'DELETE FROM refunds',
  'the journal holds each payment and each refund':
    "DELETE FROM journal_entries WHERE kind = 'PAYMENT_RECEIVED'",
  "a journal entry's debits equal its credits":
    'UPDATE journal_lines SET debit_centavos = debit_centavos + 1 WHERE debit_centavos > 0',
  'a journal line has the time of its entry':
    "UPDATE journal_lines SET created_at = created_at + interval '1 ms'",
  'the journal holds each order': "DELETE FROM journal_entries WHERE kind = 'ORDER_PLACED'",
  'commission is the rate of what a delivered seller order kept':
    'UPDATE seller_orders SET commission_bps = commission_bps + 1000',
  'an order that has come to its end leaves nothing owed between customer and seller':
    "DELETE FROM journal_entries WHERE kind = 'SELLER_ORDER_DELIVERED'",
  'a seller order says who takes its cash where cash pays for it, and only there':
    'UPDATE seller_orders SET cash_collector = NULL',
  'cash with riders is that of the seller orders that were not handed in':
    "UPDATE seller_orders SET cash_collector = 'RIDER' WHERE cash_collector = 'SELLER'",
  'a closing balance is the sum of what was booked until then':
    "INSERT INTO seller_balances SELECT id, '2026-02-01', '2026-02-28T16:00:00Z', -1, 0 FROM sellers",
  'money in payout is that of the payouts that were started and have not ended': payout('STARTED'),
  'a payout that went out was approved by somebody else than who created its run': payout('PAID'),
};

/** A payout of a run that nobody approved, and that no entry tells of. */
function payout(status: string): string {
  return `INSERT INTO payout_runs (id, status, minimum_centavos, payout_count, total_centavos, created_by, created_at)
      SELECT gen_random_uuid(), 'DRAFT', 1, 1, 1, id, now() FROM users LIMIT 1;
    INSERT INTO payouts (id, run_id, seller_id, status, amount_centavos, rail, bank_code, account_name, account_number,
      account_last4, created_at, updated_at)
      SELECT gen_random_uuid(), r.id, s.id, '${status}', 1, 'INSTAPAY', 'BANK', 'N. B.', '', '', now(), now()
      FROM payout_runs r, (SELECT id FROM sellers LIMIT 1) s`;
}

describe('allInvariants', () => {
  let seeded: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    seeded = await createTestDatabase();
    const { db } = openDatabase({ url: seeded.url, poolSize: 1, onError: () => {} });
    await seedDatabase({ db, clock: { now: () => NOW } }, { size: 'small', seed: 7 });
    await db.destroy();
    client = new pg.Client({ connectionString: seeded.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await seeded.drop();
  });

  /** What is found after an accident, which is then undone. */
  async function findAfter(accident: string): Promise<Violation[]> {
    await client.query('BEGIN');
    try {
      // Neither triggers nor foreign keys: what is broken here, they would prevent.
      await client.query(`SET LOCAL session_replication_role = replica; ${accident}`);
      return await findViolations(client, allInvariants, NOW);
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it('finds nothing in the demo market', async () => {
    expect(await checkAllInvariants(seeded.url, NOW)).toEqual([]);
  });

  it('has an accident for every invariant', () => {
    expect(Object.keys(ACCIDENTS)).toEqual(allInvariants.map(({ name }) => name));
  });

  it.each(Object.entries(ACCIDENTS))(
    'notices where it is no longer true that %s',
    async (invariant, accident) => {
      const violations = await findAfter(accident);
      expect(violations.map((violation) => violation.invariant)).toContain(invariant);
    },
  );

  it('stops listing at a number that a person can read', async () => {
    const violations = await findAfter('UPDATE product_counters SET sell_count = sell_count + 1');
    expect(violations.filter(({ invariant }) => invariant.startsWith('sales'))).toHaveLength(
      MAX_DETAILS,
    );
  });

  it('lets rows alone that wait for the clock to be corrected', async () => {
    const violations = await findAfter(
      "UPDATE product_listing SET promo_changes_at = '2026-03-02T01:59:00Z', current_price_centavos = 1",
    );
    expect(violations).toEqual([]);
  });
});
