// The bounds of the server's log.

import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../testing.ts';
import { openServerLog } from './server-log.ts';

it('keeps the newest messages in two files of a bounded size', () => {
  const path = join(makeFolder(), 'postgres.log');
  const log = openServerLog(path, 100);
  for (let line = 1; line <= 50; line += 1) log.write(`message ${line}\n`);

  const [newest, older] = [readFileSync(path, 'utf8'), readFileSync(`${path}.1`, 'utf8')];
  expect(newest.endsWith('message 50\n')).toBe(true);
  expect(`${older}${newest}`.split('\n').length).toBeGreaterThan(10);
  for (const text of [newest, older]) expect(text.length).toBeLessThan(120);
});

it('goes on where the last server ended', () => {
  const path = join(makeFolder(), 'postgres.log');
  openServerLog(path).write('first\n');
  openServerLog(path).write('second\n');
  expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n');
});

it('reports messages that could not be written', () => {
  const folder = makeFolder();
  const path = join(folder, 'postgres.log');
  const log = openServerLog(path, 10);
  log.write('first is long enough\n');
  mkdirSync(`${path}.1`);
  log.write('lost\n');
  rmdirSync(`${path}.1`);
  log.write('third\n');
  expect(readFileSync(path, 'utf8')).toBe(
    '1 messages were lost: the log was not writable\nthird\n',
  );
});

it('goes on where a full disk allowed it to move the old file away, but not to begin a new one', () => {
  const path = join(makeFolder(), 'postgres.log');
  const log = openServerLog(path, 10);
  log.write('first is long enough\n');
  renameSync(path, `${path}.1`);
  log.write('second\n');
  expect(readFileSync(path, 'utf8')).toBe('second\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('first is long enough\n');
});

it('never writes through a link', () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'secret'), 'untouched');
  symlinkSync(join(folder, 'secret'), join(folder, 'postgres.log'));
  expect(() => openServerLog(join(folder, 'postgres.log'))).toThrow('ELOOP');
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('untouched');
});
