import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCustomer, order, stockProduct } from '../../../../test/support/market.ts';
import { withClient } from '../../../db/client.ts';
import { ACCOUNTS } from '../accounts.rules.ts';
import { exportJournal } from './export.service.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

it('is of one moment: what is booked while it is read is not in it', async () => {
  const { seller_id } = await createActor(test, { role: 'seller' });
  const { id } = await stockProduct(test, seller_id);
  const customer = await createCustomer(test);
  const { order: first } = await order(test, customer, { [id]: '1' });
  const text = exportJournal(test.databaseUrl, { format: 'hledger' });
  await text.next();
  let exported = (await text.next()).value ?? '';
  const { order: second } = await order(test, customer, { [id]: '2' });
  for await (const more of text) exported += more;
  expect(exported).toContain(`(${first.order_number}) ORDER_PLACED`);
  expect(exported).not.toContain(second.order_number);
});

it('names every account that the database takes', async () => {
  const { rows } = await withClient(test.databaseUrl, (client) =>
    client.query<{ definition: string }>(
      "SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = 'journal_lines'::regclass AND conname LIKE 'journal\\_lines\\_account%' AND contype = 'c'",
    ),
  );
  const accounts = [...(rows[0]?.definition.matchAll(/'([A-Z_]+)'/g) ?? [])].map(
    ([, name]) => name,
  );
  expect(Object.keys(ACCOUNTS).sort()).toEqual(accounts.sort());
});
