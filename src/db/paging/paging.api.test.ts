import fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { newId } from '../../lib/ids.ts';
import { type Db, openDatabase } from '../database.ts';
import type { CursorValue, SortKey } from './keyset.ts';
import { fetchPage, MAX_COUNT, type PageRequest } from './paging.ts';

interface Probe {
  id: string;
  rank: number;
  stock: number | null;
  name: string | null;
  rating: number | null;
  seen_at: Date | null;
}

let database: TestDatabase;
let db: Db;
let probes: Kysely<{ probes: Probe }>;
const statements: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const onError = (error: Error) => {
    throw error;
  };
  // One connection, so that the temporary table stays in sight.
  db = openDatabase({
    url: database.url,
    poolSize: 1,
    onError,
    onStatement: (text) => statements.push(text),
  }).db;
  probes = db.$extendTables<{ probes: Probe }>();
  await sql`CREATE TEMPORARY TABLE probes (
    id uuid PRIMARY KEY, rank integer NOT NULL, stock integer, name text, rating numeric(3, 2), seen_at timestamptz)`.execute(
    db,
  );
});
beforeEach(() => fill([]));
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const KEYS: readonly SortKey[] = [
  { expression: 'rank', direction: 'asc', type: 'integer' },
  { expression: 'stock', direction: 'asc', isNullable: true, type: 'integer' },
  { expression: 'lower(name)', direction: 'asc', isNullable: true, type: 'text' },
  { expression: 'rating', direction: 'asc', isNullable: true, type: 'numeric' },
  { expression: 'seen_at', direction: 'asc', isNullable: true, type: 'timestamptz' },
];
const BY_ID: SortKey = { expression: 'id', direction: 'asc', type: 'uuid' };
const BY_RANK: SortKey[] = [{ expression: 'rank', direction: 'asc', type: 'integer' }, BY_ID];

function select() {
  return probes.selectFrom('probes').select('id');
}

function pageOf(order: readonly SortKey[], page: PageRequest) {
  return fetchPage(db, select(), { order, page });
}

async function fill(rows: readonly Omit<Probe, 'id'>[]): Promise<string[]> {
  const made = rows.map((row) => ({ id: newId(), ...row }));
  await sql`TRUNCATE probes`.execute(db);
  await sql`INSERT INTO probes SELECT * FROM jsonb_populate_recordset(NULL::probes, ${JSON.stringify(made)}::jsonb)`.execute(
    db,
  );
  statements.length = 0;
  return made.map((row) => row.id);
}

async function fillRanks(count: number): Promise<void> {
  await sql`TRUNCATE probes`.execute(db);
  await sql`INSERT INTO probes SELECT gen_random_uuid(), n FROM generate_series(1, ${sql.lit(count)}) AS n`.execute(
    db,
  );
  statements.length = 0;
}

/** Ids in the order that plain SQL gives, without this module. */
async function sortedIds(order: readonly SortKey[]): Promise<string[]> {
  const terms = order.map((key) => sql.raw(`${key.expression} ${key.direction} NULLS LAST`));
  const { rows } = await sql<{
    id: string;
  }>`SELECT id FROM probes ORDER BY ${sql.join(terms)}`.execute(db);
  return rows.map((row) => row.id);
}

async function walkCursors(order: readonly SortKey[], size: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: readonly CursorValue[] | undefined; ; ) {
    const page = await pageOf(order, { kind: 'cursor', size, after });
    ids.push(...page.rows.map((row) => row.id));
    if (!page.hasMore) return ids;
    // What travels to the client and back.
    after = JSON.parse(JSON.stringify(page.last));
  }
}

async function walkNumbers(order: readonly SortKey[], size: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 1; ; number += 1) {
    const page = await pageOf(order, { kind: 'number', page: number, size });
    ids.push(...page.rows.map((row) => row.id));
    if (!page.hasMore) return ids;
  }
}

/** Few different values, so that ties are common. */
const row = fc.record({
  rank: fc.integer({ min: 0, max: 3 }),
  stock: fc.option(fc.integer({ min: -2, max: 2 })),
  name: fc.option(fc.constantFrom('', 'Kamatis', 'kamatis', 'Ñora', 'ampalaya', "o'brien", 'a_b%')),
  rating: fc.option(fc.constantFrom(1, 1.01, 4.5, 5)),
  seen_at: fc.option(
    fc.constantFrom(0, 1, 86_400_000).map((offset) => new Date(1_767_225_600_000 + offset)),
  ),
});
const order = fc
  .tuple(
    fc.subarray([...KEYS], { minLength: 0 }),
    fc.infiniteStream(fc.constantFrom('asc', 'desc')),
  )
  .map(([keys, directions]) =>
    [...keys, BY_ID].map((key) => ({ ...key, direction: directions.next().value })),
  );

describe('both ways to page', () => {
  it('show every row once, in the order of plain SQL, whatever the nulls, ties and directions', async () => {
    const size = fc.integer({ min: 1, max: 7 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 25 }), order, size, async (rows, order, size) => {
        await fill(rows);
        const expected = await sortedIds(order);
        expect(await walkCursors(order, size)).toEqual(expected);
        expect(await walkNumbers(order, size)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('keep microseconds that a JavaScript date would lose', async () => {
    await fill([]);
    await sql`INSERT INTO probes SELECT gen_random_uuid(), 0, NULL, NULL, NULL,
      timestamptz '2026-03-01 00:00:00.000001+00' + n * interval '1 microsecond' FROM generate_series(1, 9) AS n`.execute(
      db,
    );
    const bySeen: SortKey[] = [
      { expression: 'seen_at', direction: 'desc', type: 'timestamptz' },
      { ...BY_ID, direction: 'desc' },
    ];
    expect(await walkCursors(bySeen, 2)).toEqual(await sortedIds(bySeen));
  });

  it('carry the filters of the query', async () => {
    await fillRanks(10);
    const query = select().where('rank', '>', 7);
    const numbered = await fetchPage(db, query, {
      order: BY_RANK,
      page: { kind: 'number', page: 1, size: 2 },
    });
    expect([numbered.rows.length, numbered.count, numbered.hasMore]).toEqual([2, 3, true]);
    const after = numbered.last;
    const rest = await fetchPage(db, query, {
      order: BY_RANK,
      page: { kind: 'cursor', size: 2, after },
    });
    expect([rest.rows.length, rest.hasMore]).toEqual([1, false]);
  });
});

describe('pages by number', () => {
  it.each([
    { rows: 0, page: 1, size: 5, shown: 0, hasMore: false, counted: false },
    { rows: 4, page: 1, size: 5, shown: 4, hasMore: false, counted: false },
    { rows: 5, page: 1, size: 5, shown: 5, hasMore: false, counted: false },
    { rows: 6, page: 1, size: 5, shown: 5, hasMore: true, counted: false },
    { rows: 6, page: 2, size: 5, shown: 1, hasMore: false, counted: false },
    { rows: 6, page: 3, size: 5, shown: 0, hasMore: false, counted: true },
  ])(
    'count $rows rows exactly from page $page, by a second statement only where needed',
    async (example) => {
      await fillRanks(example.rows);
      const page = await pageOf(BY_RANK, {
        kind: 'number',
        page: example.page,
        size: example.size,
      });
      expect(page.rows).toHaveLength(example.shown);
      expect(page).toMatchObject({
        count: example.rows,
        isCountCapped: false,
        hasMore: example.hasMore,
      });
      expect(statements).toHaveLength(example.counted ? 2 : 1);
    },
  );

  it.each([
    { rows: MAX_COUNT - 1, count: MAX_COUNT - 1, isCountCapped: false },
    { rows: MAX_COUNT, count: MAX_COUNT, isCountCapped: false },
    { rows: MAX_COUNT + 1, count: MAX_COUNT, isCountCapped: true },
    { rows: MAX_COUNT + 500, count: MAX_COUNT, isCountCapped: true },
  ])('of $rows rows say $count, capped: $isCountCapped', async ({ rows, count, isCountCapped }) => {
    await fillRanks(rows);
    expect(await pageOf(BY_RANK, { kind: 'number', page: 1, size: 20 })).toMatchObject({
      count,
      isCountCapped,
    });
  });

  it('lead to the last row that may be reached by number and not beyond', async () => {
    await fillRanks(MAX_COUNT + 500);
    const size = 100;
    const last = MAX_COUNT / size;
    expect(await pageOf(BY_RANK, { kind: 'number', page: last - 1, size })).toMatchObject({
      hasMore: true,
    });
    expect(await pageOf(BY_RANK, { kind: 'number', page: last, size })).toMatchObject({
      hasMore: false,
      isCountCapped: true,
    });
  });
});

describe('pages after a cursor', () => {
  it('take one statement and never count', async () => {
    await fillRanks(30);
    const first = await pageOf(BY_RANK, { kind: 'cursor', size: 10 });
    const page = await pageOf(BY_RANK, { kind: 'cursor', size: 10, after: first.last });
    expect(statements).toHaveLength(2);
    expect(page).not.toHaveProperty('count');
  });

  it('neither repeat nor skip a row while others come and go before it', async () => {
    await fillRanks(20);
    const expected = await sortedIds(BY_RANK);
    const first = await pageOf(BY_RANK, { kind: 'cursor', size: 10 });
    await sql`INSERT INTO probes SELECT gen_random_uuid(), -n FROM generate_series(1, 5) AS n`.execute(
      db,
    );
    await sql`DELETE FROM probes WHERE rank IN (3, 10)`.execute(db);
    const second = await pageOf(BY_RANK, { kind: 'cursor', size: 10, after: first.last });
    expect([...first.rows, ...second.rows].map((row) => row.id)).toEqual(expected);
  });

  it('have no last row where they are empty', async () => {
    await fill([]);
    expect(await pageOf(BY_RANK, { kind: 'cursor', size: 10 })).toEqual({
      rows: [],
      hasMore: false,
    });
  });

  it.each(['asc', 'desc'] as const)(
    'are found by an index, not by reading what went before (%s)',
    async (direction) => {
      await sql`CREATE INDEX IF NOT EXISTS probes_rank_idx ON probes (rank, id)`.execute(db);
      await fillRanks(MAX_COUNT);
      await sql`ANALYZE probes`.execute(db);
      const order = BY_RANK.map((key) => ({ ...key, direction }));
      const { last = [] } = await pageOf(order, { kind: 'cursor', size: 20 });
      await pageOf(order, { kind: 'cursor', size: 20, after: last });
      const plan = await explain(statements.at(-1) ?? '', [...last, 21]);
      expect(plan).toMatch(/Index Cond: \(ROW\(rank, id\) [<>] ROW\(/);
      expect(plan).not.toMatch(/Sort|Seq Scan/);
    },
  );
});

async function explain(statement: string, values: readonly CursorValue[]): Promise<string> {
  await sql`PREPARE explained AS ${sql.raw(statement)}`.execute(db);
  const parameters = sql.join(values.map((value) => sql.lit(value)));
  const { rows } = await sql<{
    'QUERY PLAN': string;
  }>`EXPLAIN EXECUTE explained (${parameters})`.execute(db);
  await sql`DEALLOCATE explained`.execute(db);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}
