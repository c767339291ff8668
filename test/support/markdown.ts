// What the tests of the documents read out of Markdown: its fenced blocks, with what is said about them.

export interface Fence {
  readonly language: string;
  /** Ends with a line break unless it is empty. */
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly endLine: number;
  /** From a comment `<!-- from <path> -->` on the line above: the file that the block quotes. */
  readonly source?: string;
}

const OPENING = /^```(\w*)$/;
const SOURCE = /^<!-- from (\S+) -->$/;

export function fencesIn(markdown: string): Fence[] {
  const lines = markdown.split('\n');
  const fences: Fence[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const language = OPENING.exec(lines[i] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`the block of line ${i + 1} does not end`);
    const source = SOURCE.exec(lines[i - 1] ?? '')?.[1];
    fences.push({
      language,
      text: lines
        .slice(i + 1, end)
        .map((line) => `${line}\n`)
        .join(''),
      line: i + 1,
      endLine: end + 1,
      ...(source === undefined ? {} : { source }),
    });
    i = end;
  }
  return fences;
}
