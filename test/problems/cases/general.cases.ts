// Refusals of what is no operation: unknown addresses, methods and versions, pages outside the versions, and bytes that
// never become a request.
import { newId } from '../../../src/lib/ids.ts';
import { exchange } from '../../support/network/raw-http.ts';
import type { Refusal } from '../form.ts';
import type { Stage } from '../stage.ts';

interface GeneralCase {
  readonly what: string;
  readonly refusal: string;
  readonly provoke: (stage: Stage) => Promise<Refusal>;
}

const GET = 'GET /api/v1/places HTTP/1.1\r\n';

export const generalCases: readonly GeneralCase[] = [
  at('an address that nothing answers', '404 NOT_FOUND', '/api/v1/kamatis'),
  at('an address outside the versions', '404 NOT_FOUND', '/kamatis'),
  at('a version that is not known', '404 UNKNOWN_API_VERSION', '/api/v9/places'),
  at('a malformed escape', '400 VALIDATION_ERROR', '/api/v1/sellers/%zz'),
  at('an image that is not there', '404 NOT_FOUND', `/media/${newId()}/small`),
  at('an image of another size', '404 NOT_FOUND', `/media/${newId()}/huge`),
  at('a payment of a forged address', '404 NOT_FOUND', `/pay/${newId()}/kamatis`),
  at('a page about no code', '404 NOT_FOUND', '/docs/errors/KAMATIS'),
  at('metrics for nobody', '401 UNAUTHENTICATED', '/metrics'),
  {
    what: 'a method that the address does not answer',
    refusal: '405 METHOD_NOT_ALLOWED',
    provoke: ({ test }) => test.call({ method: 'DELETE', path: '/places' }),
  },
  sending('what is not HTTP', '400 VALIDATION_ERROR', 'kamatis\r\n\r\n'),
  sending('headers of 20 kB', '431 HEADERS_TOO_LARGE', `${GET}X-A: ${'a'.repeat(20_000)}\r\n\r\n`),
  sending('headers that do not end', '408 REQUEST_TIMEOUT', GET),
];

function at(what: string, refusal: string, path: string): GeneralCase {
  // Not through `call`, which takes other paths for those of v1.
  return { what, refusal, provoke: ({ test }) => test.app.inject({ method: 'GET', url: path }) };
}

function sending(what: string, refusal: string, bytes: string): GeneralCase {
  return {
    what,
    refusal,
    provoke: async ({ port }) => {
      const [answer] = await exchange(port, bytes);
      if (answer === undefined) throw new Error('closed without an answer');
      return { ...answer, statusCode: answer.status };
    },
  };
}
