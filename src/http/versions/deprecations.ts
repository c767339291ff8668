// The table of announced retirements and the entry of an operation. Answers, documents and the page on versions follow it.
import { DAY_MS } from '../../lib/time.ts';

/** How long an operation works on after it was called deprecated, at least. */
export const NOTICE_DAYS = 180;
/** Where clients are sent to read what is announced. */
export const VERSIONS_PAGE = '/docs/versions';

/** One line of the table. */
export interface Deprecation {
  /** A whole version, `v1`, or one operation as it is mounted, `GET /api/v1/products/:id`. */
  readonly target: string;
  readonly deprecated_at: Date;
  /** From this moment on the answer is 410. */
  readonly sunset_at: Date;
  /** What to use instead, in the form of `target`; its parameters are some of the target's. */
  readonly successor?: string;
}

/** The deprecation of an operation: that of its own line, or of its version's, whichever ends it first. */
export interface Retirement {
  /** `GET /api/v1/products/:id` */
  readonly operation: string;
  readonly deprecated_at: Date;
  readonly sunset_at: Date;
  /** The operation to use instead: `GET /api/v2/products/:id`. */
  readonly successor?: string;
}

/** Everything that is announced today. An entry that has been released is a promise: see docs/versioning.md. */
export const DEPRECATIONS: readonly Deprecation[] = [];

/** The entry of one operation, such as `GET /api/v1/products/:id`. */
export function findRetirement(
  table: readonly Deprecation[],
  operation: string,
): Retirement | undefined {
  const [deprecation] = table
    .filter(({ target }) => target === operation || target === versionOf(operation))
    .sort((a, b) => a.sunset_at.getTime() - b.sunset_at.getTime());
  if (deprecation === undefined) return undefined;
  const { target, successor, deprecated_at, sunset_at } = deprecation;
  const known = { operation, deprecated_at, sunset_at };
  if (successor === undefined) return known;
  const isWhole = target !== operation;
  return {
    ...known,
    successor: isWhole ? operation.replace(`/api/${target}/`, `/api/${successor}/`) : successor,
  };
}

/** Why the table cannot stand: what it names is not mounted, named twice, or ends too soon. */
export function faultsOf(
  table: readonly Deprecation[],
  operations: ReadonlySet<string>,
): readonly string[] {
  const known = new Set([...operations, ...[...operations].map(versionOf)]);
  const targets = table.map(({ target }) => target);
  return table.flatMap(({ target, successor, deprecated_at, sunset_at }, index) => {
    const notice_days = (sunset_at.getTime() - deprecated_at.getTime()) / DAY_MS;
    return [
      ...(known.has(target) ? [] : [`${target} is unknown`]),
      ...(targets.indexOf(target) === index ? [] : [`${target} is named twice`]),
      ...(successor === undefined || known.has(successor) ? [] : [`${successor} is unknown`]),
      ...(parametersOf(successor ?? '').every((name) => parametersOf(target).includes(name))
        ? []
        : [`${successor} has parameters that ${target} lacks`]),
      // Not `<`: a time that is none compares as false.
      ...(notice_days >= NOTICE_DAYS
        ? []
        : [`${target} must work for ${NOTICE_DAYS} days after it is deprecated`]),
    ];
  });
}

/** `GET /api/v1/products/:id` → `v1`; empty where the address has no version. */
function versionOf(operation: string): string {
  return /^\S+ \/api\/([^/]+)\//.exec(operation)?.[1] ?? '';
}

function parametersOf(operation: string): string[] {
  return operation.match(/:\w+/g) ?? [];
}
