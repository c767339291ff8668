import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditBreak,
  CHAIN_START,
  describeBreak,
  type EntryText,
  formatHead,
  hashOf,
  parseHead,
} from './seals.rules.ts';

const key = Buffer.alloc(32, 7);
const hash = (entry: EntryText, seq = 1, previous = CHAIN_START.hash) =>
  hashOf(key, {
    previous,
    seal: { seq, entry_id: 'e', key_id: 'k', sealed_at_us: '1' },
    entry,
  }).toString('hex');

const anyEntry = fc.dictionary(
  fc.constantFrom('id', 'action', 'object_id', 'changes'),
  fc.option(fc.string(), { nil: null }),
);
const withoutNulls = (entry: EntryText) =>
  JSON.stringify(
    Object.entries(entry)
      .filter(([, value]) => value !== null)
      .toSorted(),
  );

describe('the hash of a seal', () => {
  it('is the same for two entries if, and only if, they say the same', () => {
    fc.assert(
      fc.property(anyEntry, anyEntry, (a, b) => {
        expect(hash(a) === hash(b)).toBe(withoutNulls(a) === withoutNulls(b));
      }),
    );
  });

  it('does not depend on the order of the columns, nor on those that hold nothing', () => {
    expect(hash({ a: '1', b: '2' })).toBe(hash({ b: '2', a: '1', added_later: null }));
  });

  it('depends on its place and on the seal before', () => {
    expect(hash({ a: '1' }, 2)).not.toBe(hash({ a: '1' }, 1));
    expect(hash({ a: '1' }, 1, Buffer.alloc(32, 1))).not.toBe(hash({ a: '1' }));
  });
});

describe('a head', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e12 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (seq, bytes) => {
          const head = { seq, hash: Buffer.from(bytes) };
          expect(parseHead(formatHead(head))).toEqual(head);
        },
      ),
    );
  });

  it.each(['', '1', '1:abc', `0:${'0'.repeat(64)}`, `x:${'0'.repeat(64)}`, `1:${'0'.repeat(65)}`])(
    'is not %j',
    (text) => expect(parseHead(text)).toBeUndefined(),
  );
});

describe('describeBreak', () => {
  const cases: readonly [AuditBreak, RegExp][] = [
    [{ kind: 'entry_changed', seq: 3, entry_id: 'e1' }, /^entry e1 \(seal 3\) is not what/],
    [{ kind: 'entry_gone', seq: 3, entry_id: 'e1' }, /^entry e1 \(seal 3\) was removed$/],
    [
      { kind: 'key_unknown', seq: 3, entry_id: 'e1', key_id: 'k1' },
      /^entry e1 \(seal 3\) .* k1, which is in neither AUDIT_SEAL_SECRETS nor APP_SECRET$/,
    ],
    [{ kind: 'seals_gone', from: 3, to: 3 }, /^seal 3 was removed$/],
    [{ kind: 'seals_gone', from: 3, to: 5 }, /^seals 3 to 5 were removed$/],
    [{ kind: 'head_gone', seq: 3 }, /seal 3/],
    [{ kind: 'entry_never_sealed', entry_id: 'e1' }, /^entry e1 has no seal/],
    [{ kind: 'entry_gone_unsealed', entry_id: 'e1' }, /^entry e1 was removed before/],
  ];
  it.each(cases)('describes %j: which it is and what happened', (found, sentence) => {
    expect(describeBreak(found)).toMatch(sentence);
  });
});
