// The form of a refusal: everything that the contract and the published schema say of its body and headers.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TestApp } from '../support/app.ts';

export interface Refusal {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

type Members = Readonly<Partial<Record<string, unknown>>>;

/** What is wrong with an answer that should refuse with `expected`, written `404 NOT_FOUND`; nothing where all is well. */
export type FaultsOf = (answer: Refusal, expected: string) => Promise<string[]>;

/** Headers without which a client does not know how to go on. */
const NEEDED: Readonly<Record<number, string>> = {
  401: 'www-authenticate',
  405: 'allow',
  429: 'retry-after',
  503: 'retry-after',
};
const POINTER = /^(\/([^~/]|~[01])*)*$/;
const INTERNALS = /node_modules|\.ts\b|ECONN|127\.0\.0\.1|\bselect\b.*\bfrom\b/i;

/** A check against the schema that `test` publishes, and its pages about codes. */
export async function createFaultsOf(test: Pick<TestApp, 'call'>): Promise<FaultsOf> {
  const document = (await test.call({ path: '/api/v1/openapi.json' })).json();
  const ajv = new Ajv2020({ strict: false, formats: { int64: Number.isSafeInteger } });
  addFormats.default(ajv, ['uri', 'date-time']);
  ajv.addSchema({ $id: 'document', components: document.components });
  const isProblem = ajv.compile({ $ref: 'document#/components/schemas/Problem' });
  const isExplained = createPageCheck(test);

  return async (answer, expected) => {
    const body = parse(answer.body);
    const given = `${answer.statusCode} ${body['code']}`;
    if (given !== expected) return [`answers ${given}: ${answer.body.slice(0, 300)}`];
    const { headers } = answer;
    const needed = NEEDED[answer.statusCode];
    const checks: readonly [isRight: boolean, words: string][] = [
      [isProblem(body), `schema: ${ajv.errorsText(isProblem.errors)}`],
      [headers['content-type'] === 'application/problem+json; charset=utf-8', 'content-type'],
      [headers['cache-control'] === 'no-store', 'may be stored'],
      [needed === undefined || headers[needed] !== undefined, `no ${needed}`],
      [body['status'] === answer.statusCode, `status ${body['status']}`],
      [body['request_id'] === headers['x-request-id'], `request_id ${body['request_id']}`],
      [isSentence(body['detail']) && body['detail'] !== body['title'], `detail ${body['detail']}`],
      [/^\/[^?]*$/.test(String(body['instance'])), `instance ${body['instance']}`],
      [pointersOf(body).every((pointer) => POINTER.test(pointer)), 'pointers'],
      [!INTERNALS.test(answer.body), `tells internals: ${answer.body}`],
      [await isExplained(body), `type ${body['type']}, title ${body['title']}`],
    ];
    return checks.flatMap(([isRight, words]) => (isRight ? [] : [words]));
  };
}

/** Whether `type` is the address of the page about the code, which gives it this title; each page is fetched once. */
function createPageCheck(test: Pick<TestApp, 'call'>) {
  const pages = new Map<string, Promise<Refusal>>();
  return async ({ type, code, status, title }: Members): Promise<boolean> => {
    const { pathname } = new URL(String(type));
    const page = pages.get(pathname) ?? test.call({ path: pathname });
    pages.set(pathname, page);
    const { statusCode, body } = await page;
    const isFound = pathname === `/docs/errors/${code}` && statusCode === 200;
    return isFound && body.includes(`HTTP ${status}: ${title}.`);
  };
}

function parse(text: string): Members {
  try {
    return JSON.parse(text);
  } catch {
    // An answer of another form has no code, which is a fault of its own.
    return {};
  }
}

function isSentence(value: unknown): boolean {
  return typeof value === 'string' && /\S\s+\S/.test(value);
}

function pointersOf({ errors }: Members): string[] {
  return Array.isArray(errors) ? errors.map(({ pointer }) => String(pointer)) : [];
}
