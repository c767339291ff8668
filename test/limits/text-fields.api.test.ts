// Every string that a request may hold says what it is, so that no text of people comes in unchecked.
import type { TSchema } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/app.ts';
import { MAX_CURSOR_LENGTH } from '../../src/http/paging.ts';
import { ACCEPTED, NOT_BLANK, TEXT_KEYWORD } from '../../src/lib/schema.ts';
import { createActor } from '../support/actors.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createCategory, createProduct } from '../support/builders.ts';

/** Strings that are compared or looked up, never kept or shown. */
const OPAQUE = new Set([
  'current_password',
  'new_password',
  'password',
  'refresh',
  // A provider's own format, checked by its signature.
  'POST /webhooks/payments/:provider body',
  // The file itself.
  'image',
]);

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

interface JsonSchema {
  readonly type?: string;
  readonly enum?: unknown;
  readonly pattern?: string;
  readonly description?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly [TEXT_KEYWORD]?: string;
}

/** Paths of the strings of a schema that say nothing of what they hold. */
function loose(schema: JsonSchema, path: string, name: string): string[] {
  if (OPAQUE.has(name) || OPAQUE.has(path)) return [];
  if (schema.properties !== undefined)
    return Object.entries(schema.properties).flatMap(([member, of]) =>
      loose(of, `${path}/${member}`, member),
    );
  if (schema.items !== undefined) return loose(schema.items, path, name);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((of) => loose(of, path, name));
  if (schema.type !== undefined && schema.type !== 'string') return [];
  return isExact(schema) || schema[TEXT_KEYWORD] !== undefined ? [] : [path];
}

/** One of some, of a format, or of a pattern that names every character from the first to the last. */
function isExact({ enum: values, format, pattern = '' }: JsonSchema): boolean {
  return values !== undefined || format !== undefined || /^\^.*\$$/.test(pattern);
}

/** Paths of the patterns whose description does not read on after `must be`, as refusals say it. */
function unreadable(schema: JsonSchema, path: string): string[] {
  const { pattern, description, properties = {}, items, anyOf = [] } = schema;
  const isSaid = pattern !== undefined && pattern !== NOT_BLANK && !ACCEPTED.has(pattern);
  const own = isSaid && /^[A-Z]/.test(description ?? '') ? [path] : [];
  const inner = [...Object.entries(properties), ...anyOf.entries(), ['', items] as const];
  return own.concat(
    inner.flatMap(([name, of]) => (of === undefined ? [] : unreadable(of, `${path}/${name}`))),
  );
}

describe('text in requests', () => {
  it('that is refused for its form is told what it must be', () => {
    const faults = apiRoutes.flatMap((route) =>
      ['params', 'query', 'body'].flatMap((part) => {
        const schema = Reflect.get(route, part) as JsonSchema | undefined;
        return schema ? unreadable(schema, `${route.method} ${route.path} ${part}`) : [];
      }),
    );
    expect(faults).toEqual([]);
  });

  it('is normalised and checked wherever people can type some', () => {
    const found = apiRoutes.flatMap(({ method, path, body, query }) =>
      [
        [body, 'body'],
        [query, 'query'],
      ].flatMap(([schema, part]) =>
        schema === undefined
          ? []
          : loose(schema as TSchema & JsonSchema, `${method} ${path} ${part}`, ''),
      ),
    );
    expect(found).toEqual([]);
  });
});

describe('lists ordered by text', () => {
  /** As long as names get: four bytes each, two in JSON, and what grows fivefold when it is made plain to be ordered by. */
  const LONGEST = ['😀', '"', '\\', '㎮', 'é', 'Z'].map((letter) => letter.repeat(120));

  /** Follows the cursors from the first page to the last, one row a page. */
  async function walk(path: string, token?: string): Promise<{ id: string }[]> {
    const rows: { id: string }[] = [];
    let cursor = '';
    do {
      const answer = await test.call({ path: `/api/v2${path}&limit=1${cursor}`, token });
      expect(answer.statusCode).toBe(200);
      const { data, next_cursor } = answer.json();
      rows.push(...data);
      expect((next_cursor ?? '').length).toBeLessThanOrEqual(MAX_CURSOR_LENGTH);
      cursor = next_cursor === null ? '' : `&cursor=${next_cursor}`;
    } while (cursor !== '');
    return rows;
  }

  it('can be followed to their end over the longest product names', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const { id: category_id } = await createCategory(test);
    const made: string[] = [];
    for (const name of LONGEST) {
      made.push((await createProduct(test, seller, { name, category_id })).id);
      made.push((await createProduct(test, seller, { name, category_id })).id);
    }
    for (const ordering of ['name', '-name']) {
      const rows = await walk(`/products?category=${category_id}&ordering=${ordering}`);
      expect(rows.map(({ id }) => id).sort()).toEqual([...made].sort());
    }
  });

  it('can be followed to their end over the longest names and addresses of users', async () => {
    const admin = await createActor(test, { role: 'admin' });
    for (const [i, letter] of ['😀', '"', 'é'].entries()) {
      const user_email = `${'a'.repeat(60)}${i}@${`${'b'.repeat(62)}.`.repeat(2)}example.com`;
      const { user_id } = await createActor(test);
      await test.services.db
        .updateTable('users')
        .set({ first_name: letter.repeat(100), last_name: letter.repeat(100), user_email })
        .where('id', '=', user_id)
        .execute();
    }
    const { count } = (await test.call({ path: '/users', token: admin.token })).json();
    for (const ordering of ['last_name', '-last_name', 'user_email', 'user_name']) {
      const rows = await walk(`/users?ordering=${ordering}`, admin.token);
      expect(new Set(rows.map(({ id }) => id)).size).toBe(count);
    }
  });
});
