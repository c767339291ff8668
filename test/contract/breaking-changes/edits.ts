// Small changes of the released document of v1, as data: where, and what is set, dropped, added or copied there.
import { join } from 'node:path';
import { expect } from 'vitest';
import { breakingChanges, type Document } from '../../../scripts/breaking-changes/operations.ts';
import { readReleased } from '../../../scripts/check-breaking-changes.ts';

export const FOLDER = join(import.meta.dirname, '../..', '..', 'openapi');
export const NOW = new Date('2027-01-01T00:00:00Z');
export const v1 = await readReleased(FOLDER, 'v1');
export const v2 = await readReleased(FOLDER, 'v2');
/** By path, and of what operations share. */
const pathTexts = new Map(Object.entries(v1.paths).map(([path, it]) => [path, JSON.stringify(it)]));
const sharedText = sharedBy(v1);
export const operations = Object.entries(v1.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

export type Edit = (document: Document) => void;
type Container = Record<string, unknown>;

/**
 * The member that a path leads to: names separated by blanks; in a list a number, a `name`, a `$ref`'s end or the text itself.
 * On its way it follows references.
 */
export function find(document: Document, path: string): { holder: Container; key: string } {
  const names = path.split(' ');
  const key = names.pop() ?? '';
  const holder = names.reduce<Container>(
    (node, name) => {
      const next = node[keyIn(node, name)];
      if (typeof next !== 'object' || next === null) throw new Error(`no ${name} of ${path}`);
      return followed(document, next as Container);
    },
    document as object as Container,
  );
  return { holder, key: keyIn(holder, key) };
}

function followed(document: Document, node: Container): Container {
  const { $ref } = node;
  if (typeof $ref !== 'string') return node;
  const { holder, key } = find(document, $ref.slice('#/'.length).replaceAll('/', ' '));
  return holder[key] as Container;
}

function keyIn(node: Container, name: string): string {
  if (!Array.isArray(node)) return name;
  const at = node.findIndex(
    (item) => item === name || item.name === name || item.$ref?.endsWith(`/${name}`),
  );
  return at < 0 ? name : String(at);
}

export const set =
  (path: string, value: unknown): Edit =>
  (document) => {
    const { holder, key } = find(document, path);
    holder[key] = typeof value === 'function' ? value(holder[key]) : value;
  };
export const drop =
  (path: string): Edit =>
  (document) => {
    const { holder, key } = find(document, path);
    if (!(key in holder)) throw new Error(`no ${path}`);
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  };
export const add = (path: string, ...values: unknown[]) =>
  set(path, (list: unknown[]) => [...list, ...values]);
export const all =
  (...edits: Edit[]): Edit =>
  (document) => {
    for (const edit of edits) edit(document);
  };
export const copy =
  (from: string, to: string): Edit =>
  (document) => {
    const { holder, key } = find(document, from);
    set(to, structuredClone(holder[key]))(document);
  };
export const nullable = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });

export const LIST = 'paths /api/v1/products get';
export const ONE = 'paths /api/v1/products/{id} get';
export const REGISTER = 'paths /api/v1/auth/register post';
export const CANCEL = 'paths /api/v1/orders/{id}/cancel post';
export const UPLOAD = 'paths /api/v1/products/{id}/images post';
export const PROVIDER = 'paths /api/v1/webhooks/payments/{provider} post';
export const CART = 'paths /api/v1/cart get';
export const PRODUCT = 'components schemas Product';
export const REGISTRATION = 'components schemas Registration';
export const JSON_BODY = 'requestBody content application/json schema';

/**
 * What the check finds after one edit of v1. Paths that the edit left as they were break nothing, as another test shows,
 * and are not compared again unless it changed what they share.
 */
export function changesAfter(edit: Edit): string[] {
  const current = structuredClone(v1);
  edit(current);
  if (sharedBy(current) !== sharedText) return breakingChanges(v1, current, NOW);
  const names = [...new Set([...Object.keys(v1.paths), ...Object.keys(current.paths)])];
  const changed = names.filter(
    (path) => JSON.stringify(current.paths[path]) !== pathTexts.get(path),
  );
  expect(changed, 'paths that the edit changes').not.toEqual([]);
  const before = Object.entries(v1.paths).filter(([path]) => changed.includes(path));
  return breakingChanges({ ...v1, paths: Object.fromEntries(before) }, current, NOW);
}

function sharedBy(document: Document): string {
  return JSON.stringify({ ...document, paths: {} });
}
