// How announced retirements appear in the documents: the flag, the day, the headers and the answer after it.
import { VERSION_RETIRED } from '../../lib/problem.ts';
import type { Retirement } from '../versions/deprecations.ts';
import { documented } from './problems.ts';

interface Marked {
  deprecated?: boolean;
  'x-sunset'?: string;
  description?: string;
  readonly responses: Record<string, { description: string; headers?: Record<string, object> }>;
}

/** Marks what a table names; the headers that it refers to are DEPRECATION_HEADERS. */
export function markDeprecated(operation: Marked, retirement: Retirement): void {
  const { deprecated_at, sunset_at, successor } = retirement;
  const instead = successor === undefined ? '' : ` Use \`${successor}\` instead.`;
  const notice = `**Deprecated** since ${dayOf(deprecated_at)}; answers 410 from ${dayOf(sunset_at)} on.${instead}`;
  operation.deprecated = true;
  operation['x-sunset'] = sunset_at.toISOString();
  operation.description = [notice, operation.description].filter(Boolean).join('\n\n');
  // With the headers of any refusal.
  const headers = operation.responses['400']?.headers ?? {};
  operation.responses['410'] = { ...documented([VERSION_RETIRED]), headers };
  for (const response of Object.values(operation.responses)) {
    response.headers = { ...response.headers, ...HEADER_REFS };
  }
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

const text = { type: 'string', pattern: '^[\\x20-\\x7e]*$', maxLength: 100 };

/** Components of the documents, in those that need them. */
export const DEPRECATION_HEADERS = {
  Deprecation: {
    description: 'Since when the operation is deprecated (RFC 9745), in seconds since 1970',
    schema: text,
    example: '@1798761600',
  },
  Sunset: {
    description: 'From when on the answer is 410 (RFC 8594)',
    schema: text,
    example: 'Thu, 01 Jul 2027 00:00:00 GMT',
  },
};

/** `Link` is the one of lists: relations distinguish the addresses. */
const HEADER_REFS = Object.fromEntries(
  [...Object.keys(DEPRECATION_HEADERS), 'Link'].map((name) => [
    name,
    { $ref: `#/components/headers/${name}` },
  ]),
);
