// Each code has a page of its own, every hint names what is there, and what is refused is told in a way that helps.
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../test/authorization/routes.ts';
import { operationsOf, readDocument } from '../../../test/contract/examples/documents.ts';
import { CODES } from '../../../test/problems/codes.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { problemsOf } from '../openapi/problems.ts';
import { PROBLEM_WORDS } from './problem-words.ts';

const SOURCES = join(import.meta.dirname, '../..');
const codes = [...new Set([...CODES, ...routes.flatMap(problemsOf).map(({ code }) => code)])];

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

describe('the words of each code', () => {
  it('are there for every code, and for no other', () => {
    expect(Object.keys(PROBLEM_WORDS).toSorted()).toEqual(codes.toSorted());
  });

  it.each(['what', 'why', 'remedy'] as const)('say %s in words of their own', (part) => {
    const told = Object.values(PROBLEM_WORDS).map((words) => words[part]);
    for (const text of told) expect(text).toMatch(/^[A-Z].{20,}\.$/);
    expect(new Set(told).size).toBe(told.length);
  });

  it.each(codes)('make the page of %s', async (code) => {
    const { statusCode, body } = await test.call({ path: `/docs/errors/${code}` });
    expect(statusCode).toBe(200);
    for (const heading of ['What happened', 'Why', 'What to do', 'An answer with this code'])
      expect(body).toMatch(new RegExp(`<h2>${heading}</h2>\\s*<(p|pre)[^>]*>(<code>)?[^<]+`));
    const examples = [...body.matchAll(/<pre[^>]*><code>([^<]+)<\/code>/g)].map(([, json = '']) =>
      JSON.parse(
        json
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&amp;', '&'),
      ),
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples)
      expect(example).toMatchObject({ code, detail: expect.stringMatching(/\S\s+\S/) });
  });

  it('make no two pages that are alike', async () => {
    const pages = await Promise.all(
      codes.map((code) => test.call({ path: `/docs/errors/${code}` })),
    );
    const texts = pages.map(({ body }, i) => body.replaceAll(codes[i] ?? '', 'CODE'));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('hints', () => {
  const known = routes.map(({ method, path }) => `${method} ${shapeOf(path)}`);
  const PLAIN = ['GET /health', 'GET /metrics', 'GET /dev/messages'];

  it('in messages, descriptions and error pages name operations that exist', async () => {
    const files = globSync(['**/*.ts'], { cwd: SOURCES }).filter(
      (file) => !/\.(test|testkit|cases)\.ts$/.test(file),
    );
    const strangers: string[] = [];
    for (const file of files) {
      const code = withoutComments(await readFile(join(SOURCES, file), 'utf8'));
      for (const [, method = '', path = ''] of code.matchAll(OPERATION)) {
        const name = `${method} ${shapeOf(path.replace(/^\/api\/v\d/, ''))}`;
        if (!known.includes(name) && !PLAIN.includes(name)) strangers.push(`${file}: ${name}`);
      }
    }
    expect(strangers).toEqual([]);
  });

  it('that name a path say with which method, so that the test above sees them', async () => {
    const hints = [
      ...Object.values(PROBLEM_WORDS).flatMap(({ what, why, remedy }) => [what, why, remedy]),
      ...operationsOf(await readDocument('v1')).map(({ operation }) => operation.description ?? ''),
    ].join('\n');
    const tops = [...new Set(routes.map(({ path }) => path.split('/')[1]))].join('|');
    const bare = new RegExp(`(?<!(GET|POST|PUT|PATCH|DELETE) )(?<![\\w}])/(${tops})\\b`, 'g');
    expect([...hints.matchAll(bare)].map(([path]) => path)).toEqual([]);
  });
});

describe('an address', () => {
  it.each([
    ['/products/kamatis', '`id` in its path must be a UUID'],
    ['/products/kamatis/lots', '`id` in its path must be a UUID'],
  ])('with an id of the wrong form, %s, is told apart from an unknown one', async (path, words) => {
    const malformed = await test.call({ path });
    if (malformed.statusCode === 401) return;
    expect(malformed.json()).toMatchObject({
      code: 'NOT_FOUND',
      detail: expect.stringContaining(words),
    });
    const unknown = await test.call({ path: '/produkto' });
    expect(unknown.json().detail).not.toBe(malformed.json().detail);
  });

  it('with an unknown parameter lists those that it takes, and the one that was meant', async () => {
    const answer = await test.call({ path: '/products?page_siz=5' });
    expect(answer.json().detail).toMatch(
      /^query\/page_siz is not known here: did you mean page_size\? Known are page, page_size, /,
    );
  });

  it('never repeats what may be a secret', async () => {
    const body = { user_email: 'maria@example.com', password: 12345678 };
    const answer = await test.call({ method: 'POST', path: '/auth/login', body });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).not.toContain('12345678');
  });
});

/** `POST /auth/verify/email`, in a text. */
const OPERATION = /\b(GET|POST|PUT|PATCH|DELETE) (\/[a-z][\w/{}:-]*)/g;

/** Parameters have many names, and one form. */
function shapeOf(path: string): string {
  return path.replace(/:\w+|\{\w+\}/g, '*').replace(/\/$/, '');
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
