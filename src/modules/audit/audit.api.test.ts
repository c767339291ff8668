import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { inTransaction } from '../../db/transaction.ts';
import { MINUTE_MS } from '../../lib/time.ts';
import { changesBetween, recordAudit } from './audit.service.ts';

let test: TestApp;
let admin: TestActor;
beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
afterAll(() => test.close());

const record = (object_id: string, action = 'thing.changed') =>
  inTransaction(test.system, (ctx) =>
    recordAudit(ctx, { action, object_type: 'thing', object_id, changes: { size: [1, 2] } }),
  );
const read = async (query: string) =>
  (await test.call({ path: `/audit-logs?${query}`, token: admin.token })).json();

describe('the audit log', () => {
  it('shows who did what to which object, before and after, newest first', async () => {
    await record('a');
    await record('a', 'thing.removed');
    const { results } = await read('object_type=thing&object_id=a');
    expect(results.map((row: { action: string }) => row.action)).toEqual([
      'thing.removed',
      'thing.changed',
    ]);
    expect(results[1]).toMatchObject({
      actor_id: null,
      actor_role: 'system',
      changes: { size: [1, 2] },
      request_id: 'test',
    });
  });

  it('is filtered by actor, action, object and time', async () => {
    await record('b');
    const from = test.clock.now().toISOString();
    test.clock.advance(MINUTE_MS);
    await record('c');
    expect(
      (await read(`object_type=thing&from=${from}`)).results.map(
        (row: { object_id: string }) => row.object_id,
      ),
    ).toEqual(['c']);
    expect((await read(`object_type=thing&object_id=b&to=${from}`)).count).toBe(1);
    expect((await read(`actor_id=${admin.user_id}`)).count).toBe(0);
    expect((await read('action=thing.nothing')).count).toBe(0);
  });

  it('names the caller and their network, never a whole address', async () => {
    const customer = await createActor(test);
    await test.call({
      method: 'PATCH',
      path: '/users/me',
      token: customer.token,
      body: { first_name: 'Ligaya' },
    });
    const { results } = await read(`actor_id=${customer.user_id}`);
    expect(results[0]).toMatchObject({
      actor_role: 'customer',
      ip_prefix: '127.0.0.0/24',
      object_id: customer.user_id,
    });
    expect(JSON.stringify(results)).not.toContain('Ligaya');
  });

  it('rolls back with the change', async () => {
    const failed = inTransaction(test.system, async (ctx) => {
      await recordAudit(ctx, { action: 'thing.lost', object_type: 'thing', object_id: 'd' });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect((await read('action=thing.lost')).count).toBe(0);
  });

  it('is for admins only', async () => {
    const seller = await createActor(test, { role: 'seller' });
    expect((await test.call({ path: '/audit-logs' })).statusCode).toBe(401);
    expect((await test.call({ path: '/audit-logs', token: seller.token })).statusCode).toBe(403);
  });
});

it('changesBetween holds the fields that differ, and no others', () => {
  const before = { name: 'a', size: 1, at: new Date(0) };
  expect(
    changesBetween(before, { ...before, size: 2, at: new Date(0) }, ['name', 'size', 'at']),
  ).toEqual({ size: [1, 2] });
});
