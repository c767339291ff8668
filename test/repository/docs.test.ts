// What the documents say exists: files, scripts, quoted code, settings, commands and reasons for dependencies.
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import {
  exampleEnvironment,
  withMainSettings,
  withReference,
} from '../../scripts/generate-config.ts';
import { EXIT } from '../../src/lib/exit.ts';
import { fencesIn } from '../support/markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });
/** What a name in code type begins with when it is a path of this repository. */
const PATH = /^(?:src|test|docs|migrations|scripts|bin|openapi|\.ci)\//;
/** Stands for a number that a reader chooses. */
const PLACEHOLDER = 'NNNN';

const read = (path: string) => readFile(join(ROOT, path), 'utf8');

describe.each(DOCUMENTS)('%s', (document) => {
  it('mentions only files that exist', async () => {
    const text = await read(document);
    const links = matches(text, /\]\((?!https?:|#)([^)#]+)/g).map((link) =>
      join(dirname(document), link),
    );
    const names = matches(text, /`([^`\s]+)`/g).filter(
      (name) => PATH.test(name) && !name.includes(PLACEHOLDER),
    );
    const missing = [...links, ...names].filter(
      (path) => globSync(path, { cwd: ROOT }).length === 0,
    );
    expect(missing).toEqual([]);
  });

  it('mentions only scripts that exist', async () => {
    const scripts = matches(await read(document), /\bnpm run ([\w:-]+)/g);
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  });

  it('quotes code as it is', async () => {
    const quotes = fencesIn(await read(document)).filter((fence) => fence.source !== undefined);
    for (const { source = '', text, line } of quotes) {
      expect(existsSync(join(ROOT, source)), `${source}, quoted in line ${line}`).toBe(true);
      expect(withoutLayout(await read(source)), `${source}, quoted in line ${line}`).toContain(
        withoutLayout(text),
      );
    }
  });
});

it('the documents are found, and the guide quotes code', async () => {
  expect(DOCUMENTS).toEqual(
    expect.arrayContaining(['README.md', 'docs/adr/0001-stock-concurrency.md']),
  );
  const fences = fencesIn(await read('docs/adding-an-endpoint.md'));
  expect(fences.filter((fence) => fence.source !== undefined).length).toBeGreaterThan(4);
});

it('the settings in the README, the reference and the example of an environment are those of the code', async () => {
  const readme = await read('README.md');
  expect(readme).toBe(withMainSettings(readme));
  const reference = await read('docs/configuration.md');
  expect(reference).toBe(withReference(reference));
  expect(await read('.env.example')).toBe(exampleEnvironment());
});

it('every direct dependency has a reason, and no reason is left over', async () => {
  const { dependencies, devDependencies, optionalDependencies } = packageJson;
  const reasoned = matches(await read('docs/adr/0010-dependencies.md'), /^\| `([^`]+)` \|/gm);
  const declared = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(reasoned.toSorted()).toEqual(declared.toSorted());
});

it('the page on the command line names every command and exit code', async () => {
  const page = await read('docs/cli.md');
  const commands = matches(await read('src/main.ts'), /program\s*\.command\('([\w-]+)'\)/g);
  const named = matches(page, /^\| `([\w-]+)(?: [\w-]+)*`/gm);
  expect([...new Set(named)]).toEqual(commands);
  expect(page).toContain('`user create-admin`');
  expect(page).toContain('`user clear-mfa`');
  expect(matches(page, /^\| (\d+) \|/gm).map(Number)).toEqual(Object.values(EXIT));
});

/** First groups of all matches. */
function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** Code less what a formatter may change. */
function withoutLayout(code: string): string {
  return code.replace(/\s+/g, '').replace(/,([)\]}])/g, '$1');
}
