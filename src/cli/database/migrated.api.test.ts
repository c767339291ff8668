import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createDatabaseWire } from '../../../test/support/network/wire.ts';
import { CONNECT_TIMEOUT_MS } from '../../db/database.ts';
import { lookAt } from './migrated.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(() => vi.useRealTimers());
afterAll(() => database.drop());

describe('lookAt', () => {
  it('waits for a server that is slow for longer than a request would', async () => {
    const wire = await createDatabaseWire(database.url);
    const slow = createServer().listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const url = new URL(wire.url);
    url.port = String(port);
    const looked = lookAt(url.href, (client: pg.Client) => client.query('SELECT 1 AS one'));
    const [inner] = (await once(slow, 'connection')) as [Socket];
    vi.advanceTimersByTime(CONNECT_TIMEOUT_MS + 1);
    inner.pipe(connect(wire.port, '127.0.0.1')).pipe(inner);
    expect((await looked).rows).toEqual([{ one: 1 }]);
    slow.close();
    await wire.close();
  });
});
