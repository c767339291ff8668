// Renders the README's table of settings from the schema that checks them, between two markers.
// With --check it writes nothing and fails where the table is out of date.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Environment } from '../src/config.ts';

const README = join(import.meta.dirname, '../README.md');
const BEGIN = '<!-- settings: written by `npm run generate:config` -->';
const END = '<!-- /settings -->';

interface Setting {
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

/** One row for each setting, in the order of the schema. */
function configTable(): string {
  const rows = Object.entries(Environment.properties).map(([name, schema]) => {
    const setting = schema as Setting;
    const meaning = [setting.description ?? '', accepted(setting)].filter(Boolean).join('; ');
    const fallback = setting.default === undefined ? '' : code(setting.default);
    return `| ${code(name)} | ${fallback} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function accepted({ enum: choices, minimum, maximum }: Setting): string {
  if (choices !== undefined) return choices.map(code).join(', ');
  return minimum === undefined ? '' : `${minimum} to ${maximum}`;
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

/** The same text with a fresh table. @throws Error where the markers are missing */
export function withConfigTable(text: string): string {
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  return `${before}${BEGIN}\n\n${configTable()}\n\n${END}${after}`;
}

function split(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`README.md lacks the marker ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

async function main(): Promise<void> {
  const present = await readFile(README, 'utf8');
  const wanted = withConfigTable(present);
  if (present === wanted) return;
  if (process.argv.includes('--check')) {
    console.error('The settings in README.md are out of date: npm run generate:config');
    process.exitCode = 1;
    return;
  }
  await writeFile(README, wanted);
}

if (import.meta.main) await main();
