// Renders what is to be known of every setting from the schema that checks it: the reference, the README's short table
// and the example of an environment.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_SUFFIX } from '../src/config/sources.ts';
import { SETTINGS, type Setting } from '../src/config.ts';

const ROOT = join(import.meta.dirname, '..');
const BEGIN = '<!-- settings: written by `npm run generate:config` -->';
const END = '<!-- /settings -->';

/** What the README shows; the reference has them all. */
const MAIN_SETTINGS = [
  'NODE_ENV',
  'HOST',
  'PORT',
  'PUBLIC_URL',
  'DATA_DIR',
  'DATABASE_URL',
  'REDIS_URL',
  'APP_SECRET',
  'JWT_PRIVATE_KEYS',
  'METRICS_TOKEN',
  'LOG_LEVEL',
  'TRUST_PROXY',
  'CORS_ORIGINS',
  'RATE_LIMITS',
  'PAYMENT_PROVIDER',
  'SMTP_URL',
  'SEMAPHORE_API_KEY',
];

/** The README with a fresh table. @throws Error where the markers are missing */
export function withMainSettings(readme: string): string {
  const settings = SETTINGS.filter(({ name }) => MAIN_SETTINGS.includes(name));
  const rows = settings.map((it) => [code(it.name), fallbackOf(it), it.description]);
  return withTable(readme, ['variable', 'default', 'meaning'], rows);
}

/** The reference with a fresh table. @throws Error where the markers are missing */
export function withReference(page: string): string {
  const rows = SETTINGS.map((it) => [
    code(it.name),
    typeOf(it),
    fallbackOf(it),
    it.secret ? 'yes' : '',
    it.description,
  ]);
  return withTable(page, ['variable', 'type', 'default', 'secret', 'effect'], rows);
}

/** What production demands stands as it is to be filled in; the rest is commented out and shows defaults. */
export function exampleEnvironment(): string {
  return [
    '# Every setting; written by `npm run generate:config`. The reference: docs/configuration.md.',
    '# Development needs none. Production demands those that are not commented out. Node reads this file when asked to:',
    '#   node --env-file=.env bin/freshbytes.js serve',
    `# What is marked as a secret may come from a file instead: <NAME>${FILE_SUFFIX}=/path`,
    ...SETTINGS.map(exampleOf),
    '',
  ].join('\n');
}

function exampleOf({
  name,
  description,
  secret,
  production,
  command,
  ...setting
}: Setting): string {
  const { example, default: fallback } = setting;
  return [
    '',
    `# ${description}${secret ? ' (secret)' : ''}`,
    ...(command === undefined ? [] : [`#   ${command}`]),
    `${production === undefined ? '# ' : ''}${name}=${example ?? fallback ?? ''}`,
  ].join('\n');
}

function fallbackOf({ default: fallback, production }: Setting): string {
  const demand = production === undefined ? [] : ['production demands it'];
  return [...(fallback === undefined ? [] : [code(fallback)]), ...demand].join('; ');
}

function typeOf({ type, kind, enum: choices, minimum, maximum }: Setting): string {
  if (choices !== undefined) return choices.map(code).join(', ');
  if (type === 'integer' || type === 'number') return `${type}, ${minimum} to ${maximum}`;
  return kind ?? 'text';
}

function code(value: string | number): string {
  return `\`${value}\``;
}

function withTable(text: string, heads: readonly string[], rows: readonly string[][]): string {
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  const lines = [heads, heads.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${after}`;
}

function split(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`The marker ${marker} is missing`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

const FILES: Readonly<Record<string, (present: string) => string>> = {
  'README.md': withMainSettings,
  'docs/configuration.md': withReference,
  '.env.example': exampleEnvironment,
};

/** @returns names of the files that are not what src/config.ts says */
export async function staleFiles(): Promise<string[]> {
  return (await outdated()).map(({ name }) => name);
}

async function outdated(): Promise<{ name: string; wanted: string }[]> {
  const found = [];
  for (const [name, render] of Object.entries(FILES)) {
    const present = await readFile(join(ROOT, name), 'utf8');
    const wanted = render(present);
    if (present !== wanted) found.push({ name, wanted });
  }
  return found;
}

async function main(): Promise<void> {
  for (const { name, wanted } of await outdated()) await writeFile(join(ROOT, name), wanted);
}

if (import.meta.main) await main();
