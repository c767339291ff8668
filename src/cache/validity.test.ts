import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createValidity } from './validity.ts';

describe('an answer', () => {
  it('holds until one of its tags is invalidated', () => {
    const validity = createValidity();
    const since = validity.now();
    validity.invalidate(['sellers']);
    expect(validity.holds(['products', 'categories'], since)).toBe(true);
    validity.invalidate(['categories', 'promos']);
    expect(validity.holds(['products', 'categories'], since)).toBe(false);
    expect(validity.holds(['products', 'categories'], validity.now())).toBe(true);
  });

  it('without tags holds until everything is invalidated', () => {
    const validity = createValidity();
    const since = validity.now();
    validity.invalidate(['products']);
    expect(validity.holds([], since)).toBe(true);
    validity.invalidateAll();
    expect(validity.holds([], since)).toBe(false);
  });

  it('is untrue for as long as an answer can live, in whichever order things happen', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('read' as const), tags: fc.subarray(['a', 'b', 'c']) }),
      fc.record({ kind: fc.constant('write' as const), tags: fc.subarray(['a', 'b', 'c']) }),
      fc.record({ kind: fc.constant('all' as const), tags: fc.constant<string[]>([]) }),
      fc.record({ kind: fc.constant('minute' as const), tags: fc.constant<string[]>([]) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const validity = createValidity();
        const answers: { tags: string[]; since: number; minute: number; isTrue: boolean }[] = [];
        let minute = 0;
        for (const { kind, tags } of steps) {
          if (kind === 'read') answers.push({ tags, since: validity.now(), minute, isTrue: true });
          if (kind === 'write') validity.invalidate(tags);
          if (kind === 'all') validity.invalidateAll();
          if (kind === 'minute') validity.forgetOld();
          if (kind === 'minute') minute += 1;
          for (const answer of answers) {
            if (kind === 'write' && answer.tags.some((tag) => tags.includes(tag)))
              answer.isTrue = false;
            if (kind === 'all') answer.isTrue = false;
            // Nobody asks for an answer that was made before the last minute began.
            if (answer.minute >= minute - 1)
              expect(validity.holds(answer.tags, answer.since)).toBe(answer.isTrue);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
