// Which answers are still true: a counter over all invalidations, and where in its course each tag was last invalidated.

export interface Validity {
  /** A point in the course of invalidations; an answer is as old as the point before its first read. */
  now(): number;
  /** Whether nothing that carries one of `tags` was invalidated after `since`. */
  holds(tags: readonly string[], since: number): boolean;
  invalidate(tags: readonly string[]): void;
  /** Everything from before this moment is untrue, whatever its tags. */
  invalidateAll(): void;
  /** Forgets tags that were invalidated before the call before this one. To be called once in the longest life of an answer. */
  forgetOld(): void;
}

/**
 * Answers are never searched for their tags: an invalidation is one number, and readers compare. A load that began
 * before an invalidation is thereby untrue too, however late it ends.
 */
export function createValidity(): Validity {
  let now = 0;
  let floor = 0;
  let recent = new Map<string, number>();
  let older = new Map<string, number>();
  return {
    now: () => now,
    holds: (tags, since) =>
      since >= floor && tags.every((tag) => since >= (recent.get(tag) ?? older.get(tag) ?? 0)),
    invalidate(tags) {
      now += 1;
      for (const tag of tags) recent.set(tag, now);
    },
    invalidateAll() {
      now += 1;
      floor = now;
    },
    forgetOld() {
      older = recent;
      recent = new Map();
    },
  };
}
