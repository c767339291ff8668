// Fills in a file of this folder: `node ops/ha/render.ts patroni.yml cluster.env db1.env > patroni.filled.yml`. Of a setting
// that several files give, the last counts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { askMachine } from './patroni.ts';
import type { Settings } from './settings.ts';

const PLACEHOLDER = /\$\{(\w+)\}/g;
/** Whatever else a value held could mean something to one of the six formats. */
const SAFE = /^[\w.:,=/+-]+$/;

/** The placeholders of a template. */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}

/** @throws Error where a setting is missing, empty or holds what could mean something in a file */
export function fill(template: string, settings: Settings): string {
  return template.replace(PLACEHOLDER, (_, name: string) => {
    const value = String(settings[name] ?? '');
    if (value === '') throw new Error(`${name} is missing`);
    if (!SAFE.test(value)) throw new Error(`${name} may hold letters, digits and ._:,=/+- only`);
    return value;
  });
}

/** A file of this folder, filled in. */
export function renderFile(name: string, settings: Settings): string {
  return fill(readFileSync(join(import.meta.dirname, name), 'utf8'), settings);
}

if (import.meta.main) {
  const [name, ...files] = process.argv.slice(2);
  if (name === undefined) throw new Error('usage: render.ts <file of this folder> <settings.env>…');
  const given: Settings = Object.assign(
    {},
    ...files.map((path) => parseEnv(readFileSync(path, 'utf8'))),
  );
  const settings = name === 'patroni.yml' ? askMachine(given, console.error) : given;
  process.stdout.write(renderFile(name, settings));
}
