// One word per thing: docs/glossary.md names tables and JSON that exist, and the words that it rules out stand nowhere.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const GLOSSARY = 'docs/glossary.md';
/** Dependencies, data of others, and this file. */
const SKIPPED =
  /^(package-lock\.json|migrations\/data\/|src\/lib\/text\/common-passwords\.txt|test\/repository\/glossary\.test\.ts)/;
const NOT_TEXT = /\.(avif|gif|gz|ico|jpe?g|pdf|png|tgz|webp|woff2?|zip)$/;
const ALLOWED: readonly { word: string; path: string; text: RegExp; because: string }[] = [
  {
    word: 'shop',
    path: 'src/modules/sellers/names/names.rules.ts',
    text: /\|shop\|/,
    because: 'a top-level domain',
  },
];

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const [terms = '', unused = ''] = read(GLOSSARY).split('## Words that are not used');
const TERMS = rowsOf(terms);
const WORDS = rowsOf(unused).map(([word = '']) => word);

describe('the glossary', () => {
  it('defines each word once', () => {
    const words = TERMS.map(([word]) => word);
    expect(words.length).toBeGreaterThan(0);
    expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
  });

  it('names tables that exist', () => {
    const schema = read('src/db/schema.generated.ts').split('export interface DB {')[1] ?? '';
    const tables = new Set([...schema.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name));
    const named = TERMS.flatMap(([, , cell = '']) => codesIn(cell));
    expect(named.filter((name) => !tables.has(name))).toEqual([]);
  });

  it('names schemas, members and headers of the API that exist', () => {
    const documents = read('openapi/v1.json');
    const named = TERMS.flatMap(([, , , cell = '']) => codesIn(cell));
    expect(named.filter((name) => !documents.includes(`"${name}"`))).toEqual([]);
  });
});

describe('words that are not used', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && path !== GLOSSARY && !SKIPPED.test(path))
    .filter((path) => !NOT_TEXT.test(path))
    .map((path) => ({ path, lines: [path, ...read(path).split('\n')] }));

  it.each(WORDS)('%s stands nowhere', (word) => {
    const pattern = patternOf(word);
    const isAllowed = (path: string, line: string) =>
      ALLOWED.some((one) => one.word === word && one.path === path && one.text.test(line));
    const found = files.flatMap(({ path, lines }) =>
      lines.flatMap((line, i) =>
        pattern.test(line) && !isAllowed(path, line) ? [`${path}:${i}: ${line.trim()}`] : [],
      ),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['shop', ['the shop', 'Shops', 'openShop', 'SHOP', 'NEW_SHOP', 'shop_id', 'shopping']],
    ['deed', ['deeds', 'AuditedDeed', 'DEED_COMMITTED', 'deed_id']],
    ['the house', ['of the house', 'The house']],
  ])('%s is found in names too', (word, texts) => {
    expect(texts.filter((text) => !patternOf(word).test(text))).toEqual([]);
  });

  it.each([
    ['shop', ['bishop', 'shopt', 'grasshopper']],
    ['mend', ['recommend', 'amendment', 'mendelian']],
    ['deed', ['indeed']],
  ])('%s is not found in other words', (word, texts) => {
    expect(texts.filter((text) => patternOf(word).test(text))).toEqual([]);
  });
});

/** Rows of all tables in the text, without their heads. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines
    .filter((line, i) => !line.startsWith('| ---') && !lines[i + 1]?.startsWith('| ---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Finds the word and its endings in prose and in camelCase, snake_case and CONSTANT_CASE names. */
function patternOf(word: string): RegExp {
  const capital = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  const ends = '(?:e?s|p?ed|p?ing)?(?![a-z])';
  const upper = `(?<![A-Z])${word.toUpperCase()}S?(?![A-Z])`;
  return new RegExp(`(?<![A-Za-z])${word}${ends}|${capital}${ends}|${upper}`);
}
