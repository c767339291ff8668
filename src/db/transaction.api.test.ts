import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import type { Ctx } from '../context.ts';
import { createLog } from '../telemetry/log.ts';
import { type Db, openDatabase } from './database.ts';
import {
  inTransaction,
  LOCK_NOT_AVAILABLE,
  MAX_ATTEMPTS,
  sqlState,
  violatedConstraint,
} from './transaction.ts';

let database: TestDatabase;
let statements: string[];
/** A pool of one; `many` has four connections. */
let ctx: Ctx;
let many: Ctx;

beforeAll(async () => {
  database = await createTestDatabase();
  statements = [];
  ctx = contextOver(1);
  many = contextOver(4);
  await run(
    ctx.db,
    sql`CREATE TABLE probe (id integer PRIMARY KEY, value integer NOT NULL CONSTRAINT probe_positive CHECK (value > 0))`,
  );
});
beforeEach(async () => {
  await run(ctx.db, sql`DELETE FROM probe`);
  statements.length = 0;
});
afterAll(async () => {
  await ctx.db.destroy();
  await many.db.destroy();
  await database.drop();
});

/** What inTransaction needs of a context: a pool and a log. */
function contextOver(poolSize: number): Ctx {
  const { db } = openDatabase({
    // Deadlocks are looked for after 20 ms, so that the test of one is quick.
    url: `${database.url}${database.url.includes('?') ? '&' : '?'}options=${encodeURIComponent('-c deadlock_timeout=20ms')}`,
    poolSize,
    poolTimeout_ms: 300,
    onError: (error) => {
      throw error;
    },
    onStatement: (text) => statements.push(text),
  });
  const known: Pick<Ctx, 'db' | 'log' | 'gateways'> = {
    db,
    gateways: {},
    log: createLog({ level: 'silent', pretty: false, version: 'test' }),
  };
  return known as Ctx;
}

async function run<Row>(db: Db, statement: RawBuilder<Row>): Promise<Row[]> {
  return (await statement.execute(db)).rows;
}

function insert(db: Db, id: number, value = 1): Promise<unknown> {
  return run(db, sql`INSERT INTO probe VALUES (${id}, ${value})`);
}

async function storedIds(): Promise<number[]> {
  return (await run(ctx.db, sql<{ id: number }>`SELECT id FROM probe ORDER BY id`)).map(
    (row) => row.id,
  );
}

function fail(db: Db, sql_state: string): Promise<unknown> {
  return run(
    db,
    sql.raw(`DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '${sql_state}'; END $$`),
  );
}

describe('inTransaction', () => {
  it('keeps what the work wrote and answers what it returned', async () => {
    const answer = await inTransaction(ctx, async (ctx) => {
      await insert(ctx.db, 1);
      await insert(ctx.db, 2);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await storedIds()).toEqual([1, 2]);
  });

  it('keeps nothing where the work fails, and fails with the same error', async () => {
    const failure = new Error('no');
    const work = inTransaction(ctx, async (ctx) => {
      await insert(ctx.db, 1);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await storedIds()).toEqual([]);
  });

  it('joins the transaction that is open already', async () => {
    await inTransaction(ctx, async (ctx) => {
      await insert(ctx.db, 1);
      await inTransaction(ctx, (ctx) => insert(ctx.db, 2));
    });
    expect(statements.filter((text) => text === 'begin')).toHaveLength(1);
    expect(await storedIds()).toEqual([1, 2]);
  });

  it('takes what a joined part wrote back with the whole', async () => {
    const work = inTransaction(ctx, async (ctx) => {
      await inTransaction(ctx, (ctx) => insert(ctx.db, 1));
      throw new Error('later');
    });
    await expect(work).rejects.toThrow('later');
    expect(await storedIds()).toEqual([]);
  });

  it('does not let a query escape: beside the transaction a pool of one has no connection to give', async () => {
    const outer = ctx;
    const work = inTransaction(outer, async (ctx) => {
      await insert(ctx.db, 1);
      await insert(outer.db, 2);
    });
    await expect(work).rejects.toThrow('timeout exceeded when trying to connect');
    expect(await storedIds()).toEqual([]);
  });
});

describe('retries', () => {
  it.each(['40001', '40P01'])('repeat the whole work after %s', async (sql_state) => {
    let attempts = 0;
    await inTransaction(ctx, async (ctx) => {
      attempts += 1;
      await insert(ctx.db, attempts);
      if (attempts < MAX_ATTEMPTS) await fail(ctx.db, sql_state);
    });
    expect(attempts).toBe(MAX_ATTEMPTS);
    expect(await storedIds()).toEqual([MAX_ATTEMPTS]);
  });

  it('are bounded, and end in the error itself', async () => {
    const work = vi.fn((ctx: Ctx) => fail(ctx.db, '40001'));
    const error: unknown = await inTransaction(ctx, work).catch((reason: unknown) => reason);
    expect(sqlState(error)).toBe('40001');
    expect(work).toHaveBeenCalledTimes(MAX_ATTEMPTS);
  });

  it.each(['23505', '57014', 'P0001'])('do not happen after %s', async (sql_state) => {
    const work = vi.fn((ctx: Ctx) => fail(ctx.db, sql_state));
    await expect(inTransaction(ctx, work)).rejects.toThrow('provoked');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('are the outermost call’s alone', async () => {
    const inner = vi.fn((ctx: Ctx) => fail(ctx.db, '40001'));
    const outer = vi.fn((ctx: Ctx) => inTransaction(ctx, inner));
    await expect(inTransaction(ctx, outer)).rejects.toThrow('provoked');
    expect([outer.mock.calls.length, inner.mock.calls.length]).toEqual([
      MAX_ATTEMPTS,
      MAX_ATTEMPTS,
    ]);
  });

  it('let both of two transactions through that lock the same rows in opposite orders', async () => {
    await insert(many.db, 1);
    await insert(many.db, 2);
    const attempts = [0, 0];
    const bothHoldOne = Promise.withResolvers<void>();
    const raise = (ctx: Ctx, id: number) =>
      run(ctx.db, sql`UPDATE probe SET value = value + 1 WHERE id = ${id}`);
    const inOrder = (who: 0 | 1, [first, second]: readonly [number, number]) =>
      inTransaction(many, async (ctx) => {
        attempts[who] = (attempts[who] ?? 0) + 1;
        await raise(ctx, first);
        if (attempts.every((count) => count > 0)) bothHoldOne.resolve();
        await bothHoldOne.promise;
        await raise(ctx, second);
      });
    await Promise.all([inOrder(0, [1, 2]), inOrder(1, [2, 1])]);
    expect(await run(many.db, sql`SELECT id, value FROM probe ORDER BY id`)).toEqual([
      { id: 1, value: 3 },
      { id: 2, value: 3 },
    ]);
    expect([...attempts].sort()).toEqual([1, 2]);
  });
});

describe('a lock that somebody keeps', () => {
  const raise = (ctx: Ctx) => run(ctx.db, sql`UPDATE probe SET value = value + 1 WHERE id = 1`);

  /** Holds the row in a transaction of its own pool until it is let go. */
  async function holdRow(): Promise<() => Promise<void>> {
    await insert(ctx.db, 1);
    const isHeld = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const holder = inTransaction(ctx, async (ctx) => {
      await raise(ctx);
      isHeld.resolve();
      await end.promise;
    });
    await isHeld.promise;
    return () => {
      end.resolve();
      return holder;
    };
  }

  it('is waited for without a connection, and then the work is done once', async () => {
    const letGo = await holdRow();
    const states: (string | undefined)[] = [];
    const waiting = inTransaction(many, (ctx) =>
      raise(ctx).catch((error: unknown) => {
        states.push(sqlState(error));
        throw error;
      }),
    );
    await vi.waitUntil(() => states.length > 0, { timeout: 5_000 });
    expect(states[0]).toBe(LOCK_NOT_AVAILABLE);
    await letGo();
    await waiting;
    expect(await run(many.db, sql`SELECT value FROM probe`)).toEqual([{ value: 3 }]);
  });

  it('fails at once who would rather not wait', async () => {
    const letGo = await holdRow();
    const error: unknown = await inTransaction(many, raise, { onLock: 'fail' }).catch(
      (reason: unknown) => reason,
    );
    expect(sqlState(error)).toBe(LOCK_NOT_AVAILABLE);
    await letGo();
  });

  it('leaves half of the connections to those who want something else', async () => {
    const letGo = await holdRow();
    const waiting = Array.from({ length: 20 }, () => inTransaction(many, raise));
    const answers = Array.from({ length: 20 }, () => run(many.db, sql`SELECT 1`));
    await Promise.all(answers);
    await letGo();
    await Promise.all(waiting);
    expect(await run(many.db, sql`SELECT value FROM probe`)).toEqual([{ value: 22 }]);
  });
});

describe('afterCommit', () => {
  it('runs once everything is committed, in the order given, the joined parts’ included', async () => {
    const effects: string[] = [];
    await inTransaction(ctx, async (ctx) => {
      ctx.afterCommit(() => effects.push('first'));
      await inTransaction(ctx, async (ctx) => ctx.afterCommit(() => effects.push('joined')));
      ctx.afterCommit(() => effects.push('last'));
      await insert(ctx.db, 1);
      expect(effects).toEqual([]);
    });
    expect(effects).toEqual(['first', 'joined', 'last']);
  });

  it('finds the rows committed, seen from another connection', async () => {
    const seen = Promise.withResolvers<unknown[]>();
    await inTransaction(ctx, async (ctx) => {
      await insert(ctx.db, 1);
      ctx.afterCommit(() => seen.resolve(run(many.db, sql`SELECT id FROM probe`)));
    });
    expect(await seen.promise).toEqual([{ id: 1 }]);
  });

  it('never runs after a rollback', async () => {
    const effect = vi.fn();
    const work = inTransaction(ctx, async (ctx) => {
      ctx.afterCommit(effect);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(effect).not.toHaveBeenCalled();
  });

  it('never runs where the commit itself is refused', async () => {
    const effect = vi.fn();
    const work = inTransaction(ctx, async (ctx) => {
      ctx.afterCommit(effect);
      await run(
        ctx.db,
        sql`INSERT INTO journal_entries VALUES (gen_random_uuid(), 'PAYOUT_STARTED', NULL, NULL, now())`,
      );
    });
    await expect(work).rejects.toThrow(/out of balance/);
    expect(effect).not.toHaveBeenCalled();
  });

  it('runs once, not once an attempt', async () => {
    const effect = vi.fn();
    let attempts = 0;
    await inTransaction(ctx, async (ctx) => {
      ctx.afterCommit(effect);
      attempts += 1;
      if (attempts < 3) await fail(ctx.db, '40P01');
    });
    expect(effect).toHaveBeenCalledTimes(1);
  });

  it('cannot make what is committed run again, whatever it throws', async () => {
    const retryable = Object.assign(new Error('from another database'), { code: '40001' });
    const work = vi.fn(async (ctx: Ctx & { afterCommit: (effect: () => void) => void }) => {
      await insert(ctx.db, 1);
      ctx.afterCommit(() => {
        throw retryable;
      });
    });
    await expect(inTransaction(ctx, work)).rejects.toBe(retryable);
    expect(work).toHaveBeenCalledTimes(1);
    expect(await storedIds()).toEqual([1]);
  });
});

describe('errors of the database', () => {
  it('tell their state and the constraint', async () => {
    await insert(ctx.db, 1);
    const twice: unknown = await insert(ctx.db, 1).catch((reason: unknown) => reason);
    expect([sqlState(twice), violatedConstraint(twice)]).toEqual(['23505', 'probe_pkey']);
    const negative: unknown = await insert(ctx.db, 2, -1).catch((reason: unknown) => reason);
    expect([sqlState(negative), violatedConstraint(negative)]).toEqual(['23514', 'probe_positive']);
  });

  it.each([
    ['an error of the system', Object.assign(new Error('broken pipe'), { code: 'EPIPE' })],
    [
      'an error of the framework',
      Object.assign(new Error('too large'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' }),
    ],
    ['an error with a number', Object.assign(new Error('odd'), { code: 40_001 })],
    ['a bare error', new Error('40001')],
    ['no error', { code: '40001', constraint: 'probe_pkey' }],
    ['nothing', undefined],
  ])('are not confused with %s', (_what, error) => {
    expect([sqlState(error), violatedConstraint(error)]).toEqual([undefined, undefined]);
  });
});

it('a transaction knows which wallet there is and has no gateway to call', async () => {
  const capabilities = { methods: ['GCASH'], partialRefunds: true } as const;
  const outside = { ...ctx, gateways: { wallet: { name: 'sim', capabilities, start: () => {} } } };
  const gateways = await inTransaction(outside, async (ctx) => ctx.gateways);
  expect(gateways).toEqual({ wallet: { name: 'sim', capabilities } });
});
