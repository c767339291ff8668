import { expect, it } from 'vitest';
import { Csv } from './csv.ts';

it.each([
  ['plain', 'plain\r\n'],
  ['a, b', '"a, b"\r\n'],
  ['a "b"', '"a ""b"""\r\n'],
  ['-19.00', '-19.00\r\n'],
  ['=SUM(A1)', "'=SUM(A1)\r\n"],
  ['-1+cmd', "'-1+cmd\r\n"],
])('a cell that holds %s is written so that it is read as text', (text, written) => {
  expect(new Csv([[text]]).text).toBe(written);
});
