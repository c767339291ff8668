import { describe, expect, it } from 'vitest';
import { createCommitMemory } from './commit-memory.ts';
import { changesSince, type ServerMark } from './server-mark.ts';

const entry = (entry_id: string) => ({ entry_id, action: 'a', object_type: 'o', object_id: 'x' });

describe('the memory of commits', () => {
  it('forgets the oldest beyond its capacity', () => {
    const memory = createCommitMemory(2);
    for (const id of ['1', '2', '3']) memory.note(entry(id));
    expect(memory.list().map(({ entry_id }) => entry_id)).toEqual(['2', '3']);
  });

  it('gives a doubt once', () => {
    const memory = createCommitMemory();
    memory.doubt();
    expect([memory.takeDoubt(), memory.takeDoubt()]).toEqual([true, false]);
  });
});

describe('a server', () => {
  const MARK: ServerMark = {
    system: '1',
    database_oid: 16_384,
    started_at: new Date(0),
    timeline: 3,
    flushed_bytes: 1_000,
  };

  it('that went on is the same', () => {
    expect(changesSince(MARK, { ...MARK, flushed_bytes: 2_000 })).toEqual([]);
  });

  it.each([
    ['of another cluster', { system: '2', timeline: 1 }, false],
    ['with another database of the same name', { database_oid: 20_000 }, false],
    ['that was started again', { started_at: new Date(1) }, false],
    // The old leader had flushed what no standby had, and nobody was told of it.
    ['that was promoted, with less WAL', { timeline: 4, flushed_bytes: 900 }, false],
    ['with less WAL on the same timeline', { flushed_bytes: 999 }, true],
    ['of an older timeline', { timeline: 2, flushed_bytes: 5_000 }, true],
  ])('%s is another', (_case, change, isBackwards) => {
    const changes = changesSince(MARK, { ...MARK, ...change });
    expect(changes).toHaveLength(1);
    expect(changes[0]?.isBackwards).toBe(isBackwards);
  });
});
