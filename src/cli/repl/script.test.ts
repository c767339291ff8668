import { expect, it } from 'vitest';
import { runScript } from './script.ts';

const run = (code: string) => runScript({ two: 2, soon: Promise.resolve(3) }, code);

it.each([
  ['two + 1', 3],
  ['await soon;\n', 3],
  ['// three\ntwo + await soon // five', 5],
  ['const sum = two + await soon\nreturn sum', 5],
  ['const sum = two', undefined],
  ['', undefined],
])('%j is %j', async (code, value) => {
  expect(await run(code)).toBe(value);
});

it('what is no code is a syntax error, and what the code throws is thrown', async () => {
  expect(() => run('const {')).toThrow(SyntaxError);
  await expect(run('throw new RangeError("no")')).rejects.toThrow(RangeError);
});
