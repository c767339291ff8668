// The check that no released version of the API breaks: what it finds and what it lets pass.
import { describe, expect, it } from 'vitest';
import { breakingChanges } from '../../scripts/breaking-changes/operations.ts';
import { accepted } from './breaking-changes/accepted.cases.ts';
import { breakingAnswers } from './breaking-changes/answers.cases.ts';
import {
  changesAfter,
  copy,
  drop,
  LIST,
  NOW,
  ONE,
  operations,
  REGISTRATION,
  set,
  v1,
  v2,
} from './breaking-changes/edits.ts';
import { breakingRequests } from './breaking-changes/requests.cases.ts';

describe('breaking, and named by operation and place:', () => {
  it.each([...breakingRequests, ...breakingAnswers])('%s', (_, edit, line) => {
    expect(changesAfter(edit)).toContain(line);
  });
});

describe('accepted:', () => {
  it.each(accepted)('%s', (_, edit) => {
    expect(changesAfter(edit)).toEqual([]);
  });
});

describe('a document', () => {
  it.each([v1, v2])('never breaks itself: v%#', (document) => {
    expect(breakingChanges(document, structuredClone(document), NOW)).toEqual([]);
  });

  it('misses each operation that it loses', () => {
    for (const { path, method, operation } of operations) {
      const before = { ...v1, paths: { [path]: { [method]: operation } } };
      expect(breakingChanges(before, { ...v1, paths: { [path]: {} } }, NOW)).toEqual([
        `${method.toUpperCase()} ${path}: was removed`,
      ]);
    }
  });

  it('misses each member of each thing that it answers with', () => {
    const { schemas = {} } = v1.components;
    const answering = new Map(
      operations.flatMap((one) => {
        const text = JSON.stringify(one.operation.responses);
        const named = text.matchAll(
          /"(?:schema|items)":\{"\$ref":"#\/components\/schemas\/(\w+)"/g,
        );
        return [...named].map(([, name = '']) => [name, one] as const);
      }),
    );
    expect(answering.size).toBeGreaterThan(20);
    for (const [name, { path, method, operation }] of answering) {
      const before = { ...v1, paths: { [path]: { [method]: operation } } };
      const { properties = {}, ...thing } = schemas[name] ?? {};
      for (const member of Object.keys(properties)) {
        const { [member]: _lost, ...kept } = properties;
        const less = { ...schemas, [name]: { ...thing, properties: kept } };
        const after = { ...before, components: { ...v1.components, schemas: less } };
        const changes = breakingChanges(before, after, NOW).join('\n');
        expect(changes, `${name}.${member}`).toMatch(`/${member} was removed`);
      }
    }
  });

  it('may lose and change what has been retired, and not what will be', () => {
    const announced = structuredClone(v1);
    set(`${LIST} x-sunset`, '2027-01-01T00:00:00Z')(announced);
    const without = structuredClone(announced);
    drop(LIST)(without);
    expect(breakingChanges(announced, without, NOW)).toEqual([]);
    expect(breakingChanges(announced, without, new Date('2026-12-31T23:59:59Z'))).toEqual([
      'GET /api/v1/products: was removed',
    ]);
  });

  it('may be gone once all of it is retired', () => {
    const announced = structuredClone(v1);
    for (const [path, methods] of Object.entries(announced.paths)) {
      for (const method of Object.keys(methods))
        set(`paths ${path} ${method} x-sunset`, '2026-12-01T00:00:00Z')(announced);
    }
    expect(breakingChanges(announced, { paths: {}, components: {} }, NOW)).toEqual([]);
  });

  it('may take a deprecation back or put its end off, and never bring it forward', () => {
    const announced = structuredClone(v1);
    set(`${ONE} x-sunset`, '2027-09-01T00:00:00Z')(announced);
    for (const name of ['Deprecation', 'Sunset', 'Link'])
      copy(`${ONE} responses 200 headers ETag`, `${ONE} responses 200 headers ${name}`)(announced);
    expect(breakingChanges(announced, v1, NOW)).toEqual([]);
    const later = structuredClone(announced);
    set(`${ONE} x-sunset`, '2027-10-01T00:00:00Z')(later);
    expect(breakingChanges(announced, later, NOW)).toEqual([]);
    expect(breakingChanges(later, announced, NOW)).toEqual([
      'GET /api/v1/products/{id}: x-sunset was 2027-10-01T00:00:00Z and is 2027-09-01T00:00:00Z, which is earlier than promised',
    ]);
  });

  it('with a schema that holds itself is compared to its end', () => {
    const tree = structuredClone(v1);
    set('components schemas Category properties children', {
      type: 'array',
      items: { $ref: '#/components/schemas/Category' },
    })(tree);
    expect(breakingChanges(tree, tree, NOW)).toEqual([]);
    const changed = structuredClone(tree);
    set('components schemas Category properties slug type', 'integer')(changed);
    const changes = breakingChanges(tree, changed, NOW);
    expect(changes).toContain(
      'GET /api/v1/categories/{id}: answer 200 as application/json /slug `type` was "string" and is "integer"',
    );
  });

  it('is refused where a reference leads nowhere', () => {
    const torn = structuredClone(v1);
    drop(REGISTRATION)(torn);
    expect(() => breakingChanges(v1, torn, NOW)).toThrow(
      'The document has nothing at #/components/schemas/Registration',
    );
  });
});
