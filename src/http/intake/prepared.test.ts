import { describe, expect, it } from 'vitest';
import { withPrepared } from './prepared.ts';

const logged: unknown[] = [];
const log = { error: (entry: unknown) => void logged.push(entry) };

function prepared() {
  const discarded: string[] = [];
  return { discarded, value: 'file', discard: async () => void discarded.push('file') };
}

describe('what was prepared', () => {
  it('stays where it was used', async () => {
    const file = prepared();
    const use = async (value: unknown) => ({ outcome: `used ${value}`, isUsed: true });
    expect(await withPrepared(log, file, use)).toBe('used file');
    expect(file.discarded).toEqual([]);
  });

  it('is undone where another request was faster', async () => {
    const file = prepared();
    expect(await withPrepared(log, file, async () => ({ outcome: 1, isUsed: false }))).toBe(1);
    expect(file.discarded).toEqual(['file']);
  });

  it('is undone where the use fails, and the failure is what the caller gets', async () => {
    const file = prepared();
    const fail = async () => {
      throw new Error('refused');
    };
    await expect(withPrepared(log, file, fail)).rejects.toThrow('refused');
    expect(file.discarded).toEqual(['file']);
  });

  it('that cannot be undone is logged, and the answer stands', async () => {
    const discard = async () => {
      throw new Error('disk gone');
    };
    const use = async () => ({ outcome: 'answer', isUsed: false });
    expect(await withPrepared(log, { value: 'file', discard }, use)).toBe('answer');
    expect(logged).toEqual([{ err: new Error('disk gone') }]);
  });
});
