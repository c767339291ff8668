import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe } from '../../test/support/probe.ts';
import { IdParams } from '../lib/schema.ts';
import { ANYONE } from './access.ts';
import { route } from './route.ts';

const ID = '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11';
const facts = {
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  params: IdParams,
  status: 200,
  returns: Type.Object({ got: Type.String() }),
  handle: async () => ({ got: 'it' }),
} as const;
const routes = [
  route({ ...facts, method: 'GET', path: '/baskets/:id' }),
  route({ ...facts, method: 'POST', path: '/baskets/:id/close' }),
  route({ ...facts, method: 'PUT', path: '/baskets/:id/open' }),
  route({ ...facts, method: 'DELETE', path: '/baskets/:id' }),
];

let probe: Probe;

beforeAll(async () => {
  probe = await createProbe({ routes });
});
afterAll(() => probe.close());

describe('an operation without a body of its own', () => {
  const operations = [
    { method: 'POST', path: `/baskets/${ID}/close` },
    { method: 'PUT', path: `/baskets/${ID}/open` },
    { method: 'DELETE', path: `/baskets/${ID}` },
  ] as const;

  it.each(operations)('$method takes nothing or {}', async (operation) => {
    expect((await probe.call(operation)).statusCode).toBe(200);
    expect((await probe.call({ ...operation, body: {} })).statusCode).toBe(200);
    expect((await probe.call({ ...operation, body: '' })).statusCode).toBe(200);
  });

  it.each(operations)('$method refuses what it would ignore', async (operation) => {
    for (const body of [{ force: true }, '[]', '1']) {
      const answer = await probe.call({ ...operation, body });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
    }
  });
});

describe('an id in the path', () => {
  it('is found in any case', async () => {
    expect((await probe.call({ path: `/baskets/${ID.toUpperCase()}` })).statusCode).toBe(200);
  });

  it.each([
    '1',
    'OID-2026-000001',
    `${ID}x`,
    ID.replaceAll('-', ''),
    `urn:uuid:${ID}`,
    '%20',
    "'%20OR%201=1",
    'x'.repeat(201),
    'x'.repeat(9_000),
  ])('of the wrong form is 404, not 500: %s', async (id) => {
    const answer = await probe.call({ path: `/baskets/${id}` });
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
  });
});
