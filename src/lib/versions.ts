// Optimistic locking: an editor sends the version that it read.
import { Problem, STALE_VERSION } from './problem.ts';

/** Versions that an `If-Match` header accepts; undefined where it asks for nothing. */
export type ExpectedVersions = readonly number[] | undefined;

/** @throws Problem STALE_VERSION where somebody changed the object since the caller read it */
export function requireVersion(expected: ExpectedVersions, current: number): void {
  if (expected === undefined || expected.includes(current)) return;
  throw new Problem(
    STALE_VERSION,
    `The current version is ${current}. Read the object again and repeat your change.`,
    {
      headers: { etag: `"${current}"` },
    },
  );
}
