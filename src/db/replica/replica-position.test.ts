import { describe, expect, it, vi } from 'vitest';
import { type Position, sharePosition } from './replica-position.ts';

/** A leader whose answers tell in which order it was asked, and come when the test says so. */
function createLeader() {
  const answers: PromiseWithResolvers<Position>[] = [];
  const position = sharePosition(() => {
    const answer = Promise.withResolvers<Position>();
    answers.push(answer);
    return answer.promise;
  });
  const at = (lsn: string): Position => ({ lsn, timeline: 1, system_id: '7', started_at: 'now' });
  const whenAsked = (times: number) => vi.waitFor(() => expect(answers).toHaveLength(times));
  return {
    position,
    whenAsked,
    answer: (nth: number, lsn: string) => answers[nth]?.resolve(at(lsn)),
    fail: (nth: number) => answers[nth]?.reject(new Error('gone')),
  };
}

describe('the position of the leader', () => {
  it('is read once for those who want it at once', async () => {
    const { position, whenAsked, answer } = createLeader();
    const asked = [position(), position(), position()];
    await whenAsked(1);
    answer(0, '0/1');
    expect((await Promise.all(asked)).map(({ lsn }) => lsn)).toEqual(['0/1', '0/1', '0/1']);
    await whenAsked(1);
  });

  it('is never one that was read earlier: what was committed since would be missing', async () => {
    const { position, whenAsked, answer } = createLeader();
    const early = position();
    await whenAsked(1);
    const late = [position(), position()];
    answer(0, '0/1');
    expect((await early).lsn).toBe('0/1');
    await whenAsked(2);
    answer(1, '0/2');
    expect((await Promise.all(late)).map(({ lsn }) => lsn)).toEqual(['0/2', '0/2']);
  });

  it('that could not be read is read again', async () => {
    const { position, whenAsked, answer, fail } = createLeader();
    const early = position();
    const refused = expect(early).rejects.toThrow('gone');
    await whenAsked(1);
    const late = position();
    fail(0);
    await refused;
    await whenAsked(2);
    answer(1, '0/2');
    expect((await late).lsn).toBe('0/2');
  });
});
