// What each code means, in words for whoever meets one: the error pages and the examples in the documents are made of them.
import type { ProblemKind } from '../../lib/problem.ts';
import { ACCESS_WORDS } from './words/access.ts';
import { MARKETPLACE_WORDS } from './words/marketplace.ts';
import { REQUESTS_WORDS } from './words/requests.ts';
import type { ProblemWords } from './words/words.ts';

/** By code; a code without words fails a test. */
export const PROBLEM_WORDS: Readonly<Record<string, ProblemWords>> = {
  ...ACCESS_WORDS,
  ...REQUESTS_WORDS,
  ...MARKETPLACE_WORDS,
};

const SAMPLE = {
  request_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
  timestamp: '2026-03-02T02:00:00.000Z',
} as const;

/** A whole answer of this kind, as the documents and the pages show it. */
export function exampleAnswer({ code, status, title }: ProblemKind, publicUrl: string) {
  const known: ProblemWords['example'] | undefined = PROBLEM_WORDS[code]?.example;
  const { detail, instance, ...members } = known ?? { detail: title, instance: '/' };
  const type = `${publicUrl}/docs/errors/${code}`;
  return { type, title, status, detail, instance, code, ...SAMPLE, ...members };
}
