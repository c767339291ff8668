import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeError, MAX_CAUSES, MAX_MESSAGE_LENGTH, scrub } from './describe-error.ts';

const SECRET = 'kalabasa';

describe('errors of PostgreSQL', () => {
  let client: pg.Client;
  beforeAll(async () => {
    client = new pg.Client({ connectionString: inject('serverUrl') });
    await client.connect();
    await client.query(`
      CREATE TEMPORARY TABLE people (
        name text CONSTRAINT people_name_key UNIQUE NOT NULL,
        age integer CONSTRAINT people_grown CHECK (age > 17),
        short varchar(3))`);
    await client.query('INSERT INTO people VALUES ($1, 20)', [SECRET]);
  });
  afterAll(() => client.end());

  async function provoke(statement: string, values: unknown[]): Promise<Error> {
    const outcome: unknown = await client.query(statement, values).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) throw new Error(`${statement} did not fail`);
    return outcome;
  }

  it.each([
    ['23505', 'INSERT INTO people VALUES ($1, 20)', SECRET],
    ['23502', 'INSERT INTO people (short) VALUES ($1)', 'kal'],
    ['23514', 'INSERT INTO people VALUES ($1, 3)', `${SECRET}2`],
    ['22001', 'INSERT INTO people (name, short) VALUES (1, $1)', SECRET],
    ['22P02', 'SELECT $1::uuid', SECRET],
    ['22P02', 'SELECT $1::integer', `a " ${SECRET} " b`],
    ['22P02', 'SELECT $1::jsonb', `{"a": ${SECRET}}`],
    ['22003', 'SELECT $1::text::integer', '99999999999'],
    ['22007', 'SELECT $1::text::date', SECRET],
    ['42601', 'SELECT $1::text::tsquery', `a ${SECRET}`],
    [
      'P0001',
      `DO $$ BEGIN RAISE EXCEPTION 'refused' USING DETAIL = '${SECRET}'; END $$`,
      undefined,
    ],
  ])('show no value of a row or parameter: %s from %s', async (sql_state, statement, value) => {
    const error = await provoke(statement, value === undefined ? [] : [value]);
    const described = describeError(error);
    expect(described['code']).toBe(sql_state);
    expect(JSON.stringify(described)).not.toContain(value ?? SECRET);
    expect(JSON.stringify(described)).not.toContain(SECRET);
    for (const member of ['detail', 'where', 'internalQuery', 'hint']) {
      expect(described).not.toHaveProperty(member);
    }
  });

  it('keep what helps: the table, the constraint and the names in their message', async () => {
    const error = await provoke('INSERT INTO people VALUES ($1, 20)', [SECRET]);
    expect(describeError(error)).toMatchObject({
      type: 'DatabaseError',
      message: 'duplicate key value violates unique constraint "people_name_key"',
      table: 'people',
      constraint: 'people_name_key',
    });
  });
});

describe('describeError', () => {
  it('leaves out every member that it does not know', () => {
    const error = Object.assign(new Error('failed'), {
      parameters: [SECRET],
      sql: SECRET,
      response: SECRET,
      command: { name: 'set', args: [SECRET] },
      responseCode: 550,
    });
    const described = describeError(error);
    expect(JSON.stringify(described)).not.toContain(SECRET);
    expect(described).toMatchObject({ responseCode: 550 });
  });

  it('keeps a message that imitates frames out of the frames', () => {
    const { stack } = describeError(new Error(`x\n    at ${SECRET} (file.ts:1:1)`));
    expect(stack).not.toContain(SECRET);
    expect(stack).toContain('describe-error.api.test.ts');
  });

  it('follows causes only so far, also where they go in circles', () => {
    const error = new Error('circle');
    error.cause = error;
    const messages = JSON.stringify(describeError(error)).match(/"message":"circle"/g);
    expect(messages).toHaveLength(MAX_CAUSES + 1);
  });

  it('bears errors without stack and causes that are not errors', () => {
    const error = new Error('bare', { cause: SECRET });
    Object.assign(error, { stack: undefined });
    expect(describeError(error)).toEqual({ type: 'Error', message: 'bare', stack: '' });
  });
});

describe('scrub', () => {
  it('leaves numbers, ids and our own addresses alone', () => {
    const text =
      'order 0198c0de-9171-7000-8000-917123456789 of 12050 at 2026-11-02T08:00:00Z via http://localhost:8000/docs';
    expect(scrub(text)).toBe(text);
  });

  it('takes no time over long hostile text', () => {
    const started = performance.now();
    for (const piece of ['a', '@', 'a@', '/', '//', 'eyJ', '9', '+63', 'Bearer ', ' ', '09 ']) {
      expect(scrub(piece.repeat(100_000)).length).toBeLessThan(MAX_MESSAGE_LENGTH * 8);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
