import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { defineJob, InvalidJobData, NoData } from './define.ts';

const nothing = async (_ctx: object) => {};

describe('defineJob', () => {
  it.each(['listing.refresh-stale', 'mail'])('takes the name %s', (name) => {
    expect(defineJob({ name, data: NoData }, nothing).name).toBe(name);
  });

  it.each(['', 'Mail', 'send_mail', 'mail..send', "mail'; DROP", 'mail2', 'a'.repeat(41)])(
    'refuses the name %j',
    (name) => {
      expect(() => defineJob({ name, data: NoData }, nothing)).toThrow(RangeError);
    },
  );

  it('refuses a periodic job that could not run with nothing given', () => {
    const data = Type.Object({ person: Type.String() });
    expect(() => defineJob({ name: 'greet', data, every: { seconds: 1 } }, nothing)).toThrow(
      InvalidJobData,
    );
  });

  it.each([0, -1, 0.5])('refuses a period of %s seconds', (seconds) => {
    const options = { name: 'sweep', data: NoData, every: { seconds } };
    expect(() => defineJob(options, nothing)).toThrow(RangeError);
  });

  it('never starts work with data that do not fit', async () => {
    const seen: number[] = [];
    const data = Type.Object({ n: Type.Integer() });
    const job = defineJob({ name: 'count', data }, async (_ctx: object, { n }) => {
      seen.push(n);
    });
    await expect(job.run({}, { n: '1' })).rejects.toThrow(InvalidJobData);
    await job.run({}, { n: 1 });
    expect(seen).toEqual([1]);
  });
});
