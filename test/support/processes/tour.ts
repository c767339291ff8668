// The README's tour: its blocks of commands, what each of them should print, and a shell that runs them all.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type Fence, fencesIn } from '../markdown.ts';

const ADDRESS_IN_README = /http:\/\/localhost:8000/g;
const BLOCK_END = '--- end of block ---';

export interface TourStep {
  readonly commands: string;
  /** What the block under it shows; nothing where there is none. */
  readonly shown: string;
}

export interface TourOptions {
  /** Takes the place of `http://localhost:8000`. */
  readonly url: string;
  /** Called when the first block has ended. */
  readonly onUnderWay?: () => void;
}

/** Each block of commands with the output that stands right under it. */
export function tourIn(readme: string): TourStep[] {
  const fences: readonly Fence[] = fencesIn(readme);
  return fences.flatMap((fence, i) => {
    if (fence.language !== 'sh') return [];
    const next = fences[i + 1];
    const isOutput = next?.language === 'text' && next.line === fence.endLine + 1;
    return [{ commands: fence.text, shown: isOutput ? next.text : '' }];
  });
}

/** @returns the steps with what they really printed, and what the shell complained of */
export async function takeTour(
  steps: readonly TourStep[],
  { url, onUnderWay = () => {} }: TourOptions,
): Promise<{ printed: TourStep[]; complaints: string }> {
  const shell = spawn('bash', { stdio: 'pipe' });
  const script = steps.map(({ commands }) => `${commands}echo '${BLOCK_END}'\n`).join('');
  shell.stdin.end(script.replace(ADDRESS_IN_README, url));
  let stdout = '';
  shell.stdout.once('data', onUnderWay).on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [complaints] = await Promise.all([text(shell.stderr), once(shell, 'close')]);
  const blocks = stdout.split(`${BLOCK_END}\n`);
  return {
    printed: steps.map(({ commands }, i) => ({ commands, shown: blocks[i] ?? '' })),
    complaints,
  };
}
