// The decisions: numbered without a gap, all in their index, and short enough to be read.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../docs/adr');
const MAX_LINES = 60;
const MAX_WORDS_A_PARAGRAPH = 120;

const files = globSync('[0-9]*.md', { cwd: FOLDER }).toSorted();
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const numberOf = (file: string) => Number(file.slice(0, 4));

it('have numbers from 1 on, without a gap', () => {
  expect(files.map(numberOf)).toEqual(files.map((_file, i) => i + 1));
});

it('are in the index, each by its title', () => {
  const entries = files.map((file) => {
    const title = /^# (\d+)\. (.+)$/m.exec(read(file));
    expect(Number(title?.[1]), file).toBe(numberOf(file));
    return `${title?.[1]}. [${title?.[2]}](${file})`;
  });
  const index = read('README.md').match(/^\d+\. .+$/gm);
  expect(index).toEqual(entries);
});

describe.each(files)('%s', (file) => {
  /** Tables are data. */
  const lines = read(file)
    .split('\n')
    .filter((line) => !line.startsWith('|'));

  it(`has at most ${MAX_LINES} lines, and ${MAX_WORDS_A_PARAGRAPH} words a paragraph`, () => {
    expect(lines.length).toBeLessThanOrEqual(MAX_LINES);
    const long = lines.filter((line) => line.split(/\s+/).length > MAX_WORDS_A_PARAGRAPH);
    expect(long).toEqual([]);
  });

  it('states context, decision, what was rejected and the consequences', () => {
    const headings = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
    expect(headings).toEqual(
      expect.arrayContaining(['Context', 'Decision', 'Rejected', 'Consequences']),
    );
  });
});
