// Which statements the API sends for a kind of request: what the floors replay, and what is counted.
import type { BenchRequest } from '../load/load.ts';
import { mostCommon } from '../load/statistics.ts';
import type { StatementTap } from './statement-tap.ts';
import type { SentStatement } from './wire.ts';

export interface Recording {
  /** In the order in which they were sent. */
  readonly statements: readonly string[];
  /** For each request the parameters of each statement, as text; null is SQL's. */
  readonly runs: readonly (readonly SentStatement['parameters'][])[];
}

interface Answer {
  readonly body: string;
  /** As sent, without headers. */
  readonly bytes: number;
}

/** @throws Error where the answer is not a success */
async function ask(origin: string, request: BenchRequest): Promise<Answer> {
  const { method, path, headers, body } = request;
  // As the load asks for it, which accepts no compression.
  const sent = { ...headers, 'accept-encoding': 'identity' };
  const init = { method, headers: sent, ...(body === undefined ? {} : { body }) };
  const answer = await fetch(origin + path, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: answered ${answer.status}: ${text}`);
  return { body: text, bytes: Buffer.byteLength(text) };
}

/**
 * Sends requests one after the other and records what each made the API send. Those whose statements are not those of
 * most are left out: a cache was cold, or a timer of the process struck meanwhile.
 * @returns the recording, and the last answer
 */
export async function record(
  source: { readonly origin: string; readonly tap: StatementTap },
  requests: readonly BenchRequest[],
): Promise<{ recording: Recording; answer: Answer }> {
  const seen: SentStatement[][] = [];
  let answer: Answer = { body: '', bytes: 0 };
  for (const request of requests) {
    source.tap.take();
    answer = await ask(source.origin, request);
    seen.push(source.tap.take());
  }
  const shape = mostCommon(seen.map(shapeOf));
  const alike = seen.filter((statements) => shapeOf(statements) === shape);
  const statements = alike[0]?.map(({ text }) => text) ?? [];
  const runs = alike.map((sent) => sent.map(({ parameters }) => parameters));
  return { recording: { statements, runs }, answer };
}

function shapeOf(statements: readonly SentStatement[]): string {
  return statements.map(({ text }) => text).join('\n;\n');
}

const TRANSACTION_CONTROL = /^(begin|start|commit|rollback|savepoint|release)\b/i;

/** How many count: all but transaction control and the one that checks the caller. */
export function countStatements({ statements }: Recording): number {
  return statements.filter(
    (text) => !TRANSACTION_CONTROL.test(text) && !text.includes('named:find_caller'),
  ).length;
}
