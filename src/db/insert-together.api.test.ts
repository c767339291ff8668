import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { newId } from '../lib/ids.ts';
import { type Db, openDatabase } from './database.ts';
import { insertTogether, type RowsByTable } from './insert-together.ts';
import type { JsonObject } from './schema.generated.ts';
import { sqlState, violatedConstraint } from './transaction.ts';

let database: TestDatabase;
let db: Db;
const statements: string[] = [];
const now = new Date('2026-03-02T02:00:00.123Z');

beforeAll(async () => {
  database = await createTestDatabase();
  const onError = (error: Error) => {
    throw error;
  };
  db = openDatabase({
    url: database.url,
    poolSize: 1,
    onError,
    onStatement: (text) => statements.push(text),
  }).db;
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

function insert(rows: RowsByTable): Promise<void> {
  return db.transaction().execute((transaction) => insertTogether(transaction, rows));
}

async function countOf(
  table: 'journal_entries' | 'journal_lines' | 'audit_entries',
): Promise<number> {
  const { count } = await db
    .selectFrom(table)
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

function entry(lines: readonly { debit_centavos: number; credit_centavos: number }[]) {
  const id = newId();
  return {
    journal_entries: [
      {
        id,
        kind: 'PAYOUT_STARTED',
        key: null,
        order_id: null,
        seller_order_id: null,
        payout_id: null,
        created_at: now,
      },
    ],
    journal_lines: lines.map((line, i) => ({
      entry_id: id,
      line_number: i,
      account: 'BANK',
      seller_id: null,
      subaccount: null,
      created_at: now,
      ...line,
    })),
  } satisfies RowsByTable;
}
const balanced = () =>
  entry([
    { debit_centavos: 5, credit_centavos: 0 },
    { debit_centavos: 0, credit_centavos: 5 },
  ]);

function auditEntry(changes: JsonObject) {
  const personal = { actor_id: null, ip_prefix: null, request_id: null };
  return {
    id: newId(),
    actor_role: 'system',
    action: 'probe',
    object_type: 'probe',
    object_id: 'x',
    changes,
    created_at: now,
    ...personal,
  };
}

describe('insertTogether', () => {
  it('writes rows of several tables in one statement', async () => {
    const { journal_entries, journal_lines } = balanced();
    statements.length = 0;
    await insert({ journal_entries, journal_lines, audit_entries: [auditEntry({})] });
    expect(statements.map((text) => text.split(' ', 1)[0])).toEqual(['begin', 'WITH', 'commit']);
    expect([
      await countOf('journal_entries'),
      await countOf('journal_lines'),
      await countOf('audit_entries'),
    ]).toEqual([1, 2, 1]);
  });

  it('takes rows before those that they refer to', async () => {
    const { journal_entries, journal_lines } = balanced();
    await insert({ journal_lines, journal_entries });
    const stored = await db
      .selectFrom('journal_entries')
      .select('id')
      .where('id', '=', journal_entries[0]?.id ?? '')
      .execute();
    expect(stored).toHaveLength(1);
  });

  it('keeps every value as it was given: times, nulls, nested JSON and awkward text', async () => {
    const row = auditEntry({
      note: ['"quoted" \\ $1 \n; DROP TABLE users; --', 'Piña 🍍 \u2028'],
      nested: [{ a: [1, null] }, null],
    });
    await insert({ audit_entries: [row] });
    const stored = await db
      .selectFrom('audit_entries')
      .selectAll()
      .where('id', '=', row.id)
      .executeTakeFirst();
    expect(stored).toEqual(row);
  });

  it('writes nothing at all where one row is refused', async () => {
    const before = await countOf('audit_entries');
    const orphan = balanced().journal_lines;
    const error: unknown = await insert({
      audit_entries: [auditEntry({})],
      journal_lines: orphan,
    }).catch((reason: unknown) => reason);
    expect([sqlState(error), violatedConstraint(error)]).toEqual([
      '23503',
      'journal_lines_entry_id_fkey',
    ]);
    expect(await countOf('audit_entries')).toBe(before);
  });

  it('is held to deferred constraints at commit', async () => {
    const before = await countOf('journal_lines');
    await expect(insert(entry([{ debit_centavos: 5, credit_centavos: 0 }]))).rejects.toThrow(
      /out of balance by 5/,
    );
    expect(await countOf('journal_lines')).toBe(before);
  });

  it.each([{}, { audit_entries: [] }])(
    'sends nothing where there is nothing to write (%j)',
    async (rows) => {
      statements.length = 0;
      await insert(rows);
      expect(statements).toEqual(['begin', 'commit']);
    },
  );
});
