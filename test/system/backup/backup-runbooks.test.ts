// The runbooks: each that is promised exists, has its parts, and tells nobody to type what does not exist.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { Environment } from '../../../src/config.ts';
import { fencesIn } from '../../support/markdown.ts';
import { runCli } from '../../support/processes/cli.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'ops/runbooks');
const PROMISED = [
  'bad-deploy',
  'bad-migration',
  'breach',
  'disk-full',
  'disk-lost',
  'node-lost',
  'operator-delete',
  'process-down',
  'provider-down',
  'redis-lost',
  'stolen-key',
];
/** A line of a shell that begins our program, up to what ends the command. */
const OURS = /(?:node bin\/freshbytes\.js|(?<![\w=/-])freshbytes) ([a-z][^\n`|;&<>]*)/g;
const SCRIPT = /\bnpm run (?:--silent )?([\w:-]+)/g;

interface Page {
  readonly name: string;
  readonly text: string;
  /** What a shell is given, of fences and of inline code. */
  readonly commands: string;
}

const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.md'));
const pages = await Promise.all([
  ...names.map((name) => readPage(name, join(FOLDER, name))),
  readCrontab(),
]);

async function readPage(name: string, path: string): Promise<Page> {
  const text = await readFile(path, 'utf8');
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  const fenced = fencesIn(text).map((fence) => fence.text);
  return { name, text, commands: [...fenced, ...inline].join('\n') };
}

async function readCrontab(): Promise<Page> {
  const text = await readFile(join(ROOT, 'ops/backup/crontab'), 'utf8');
  return { name: 'ops/backup/crontab', text, commands: text.replace(/^#.*$/gm, '') };
}

const ours = ({ commands }: Page) =>
  [...commands.matchAll(OURS)].map(([, line = '']) => line.trim());

/** The help of a command by its words. */
const helps = new Map<string, string>();

/** The words that name a command: those before its arguments. */
function wordsOf(line: string): string[] {
  const words = line.split(/\s+/);
  const options = words.findIndex((word) => word.startsWith('-'));
  return options < 0 ? words : words.slice(0, options);
}

async function readHelp(words: readonly string[]): Promise<string> {
  return (await runCli([...words, '--help'])).stdout;
}

/** What of a command line its help does not know; nothing where it is right. */
function unknownIn(line: string, help: string): string[] {
  const words = wordsOf(line);
  const usage = /^Usage: freshbytes (.*)$/m.exec(help)?.[1] ?? '';
  // Of a word that it does not know, Commander shows the help of the command before it.
  const isKnown =
    usage.startsWith(`${words.join(' ')} `) ||
    usage.startsWith(`${words.slice(0, -1).join(' ')} [options] <`);
  const options = line.match(/--[\w-]+/g) ?? [];
  const unknown = options.filter((option) => !new RegExp(`${option}\\b`).test(help));
  return [...(isKnown ? [] : [words.join(' ')]), ...unknown];
}

beforeAll(async () => {
  const lines = new Set(pages.flatMap(ours).map((line) => wordsOf(line).join(' ')));
  await Promise.all(
    [...lines].map(async (words) => helps.set(words, await readHelp(words.split(' ')))),
  );
}, 180_000);

it('all that are promised are there, each with its parts', async () => {
  expect(names).toEqual(expect.arrayContaining(PROMISED.map((name) => `${name}.md`)));
  for (const { name, text } of pages.filter((page) => PROMISED.includes(page.name.slice(0, -3)))) {
    for (const part of ['**Signs**', '**First minute**', '**Over when**', '**Write down**'])
      expect(text, name).toContain(part);
    expect(text, name).toMatch(/^## Commands$/m);
  }
});

describe.each(pages)('$name', (page) => {
  it('names only commands and options that exist', () => {
    for (const line of ours(page))
      expect(unknownIn(line, helps.get(wordsOf(line).join(' ')) ?? ''), line).toEqual([]);
  });

  it('names only npm scripts, settings, files and alerts that exist', async () => {
    for (const [, script = ''] of page.commands.matchAll(SCRIPT))
      expect(packageJson.scripts).toHaveProperty([script]);
    for (const [, setting = ''] of page.text.matchAll(/`((?:BACKUP|SHED|PAYMENT)_[A-Z_]+)/g))
      expect(Environment.properties).toHaveProperty(setting);
    const paths = [...page.commands.matchAll(/\b(?:ops|docs|scripts)\/[\w./-]+\w/g)].map(
      ([path]) => path,
    );
    const links = [...page.text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) =>
      join('ops/runbooks', link),
    );
    for (const path of [...paths, ...links]) expect(existsSync(join(ROOT, path)), path).toBe(true);
    const rules = await readFile(join(ROOT, 'ops/monitoring/rules/alerts.yml'), 'utf8');
    const signs = /\*\*Signs\*\*:.*/.exec(page.text)?.[0] ?? '';
    for (const [, alert] of signs.matchAll(/`((?:[A-Z][a-z]+){2,}\d*[a-z]*)`/g))
      expect(rules).toContain(`alert: ${alert}\n`);
  });
});

it.each([
  ['backup nonsense', ['backup nonsense']],
  ['nonsense', ['nonsense']],
  ['restore --at 2026-03-01', ['--at']],
  ['restore --to 2026-03-01', []],
  ['grant-runtime-role freshbytes_app', []],
])('the command %j has %j that does not exist', async (line, unknown) => {
  expect(unknownIn(line, await readHelp(wordsOf(line)))).toEqual(unknown);
});
