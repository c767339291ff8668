// The message and the exit code of everything that can end a command.
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config.ts';
import { CliError, EXIT } from '../lib/exit.ts';
import { NOT_FOUND, Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import { describeFault } from './faults.ts';

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });

describe('what the user can put right is said in a sentence:', () => {
  it.each([
    [
      'a fault of the command',
      new CliError('No such backup.', EXIT.usage),
      /^No such backup\.$/,
      2,
    ],
    [
      'settings',
      new ConfigError('PORT is no port\nHOST is empty'),
      /^These settings must be fixed first:\n {2}PORT is no port\n {2}HOST is empty$/,
      2,
    ],
    ['a refusal', new Problem(NOT_FOUND, 'There is no such user.'), /^There is no such user\.$/, 1],
    [
      'members that are refused',
      new Problem(VALIDATION_ERROR, 'Not accepted', {
        errors: [{ pointer: '/user_email', message: 'is required', code: 'required' }],
      }),
      /^This is not accepted:\n {2}user_email is required$/,
      1,
    ],
    [
      'a password that PostgreSQL refuses',
      withCode('password authentication failed', '28P01'),
      /^PostgreSQL refused: password authentication failed\. Check DATABASE_URL\.$/,
      3,
    ],
    [
      'a database that is not there',
      withCode('database "x" does not exist', '3D000'),
      /^PostgreSQL refused: /,
      3,
    ],
    [
      'a server that does not answer on any of its addresses',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      /^PostgreSQL does not answer \(ECONNREFUSED\)\. Check DATABASE_URL\.$/,
      3,
    ],
    [
      'a package that is not installed',
      new Error("Cannot find package 'sharp' imported from /app/x.ts"),
      /^The package sharp is not installed\. Run `npm ci`\.$/,
      3,
    ],
  ] as const)('%s', (_, error, message, exitCode) => {
    expect(describeFault(error)).toEqual({ message: expect.stringMatching(message), exitCode });
  });

  it('the setting that was tried is named', () => {
    const { message } = describeFault(withCode('no', '28000'), 'READ_DATABASE_URL');
    expect(message).toContain('Check READ_DATABASE_URL.');
  });
});

describe('anything else is a defect, and shown with its stack:', () => {
  it('an error, with what caused it', () => {
    const error = new Error('outer', { cause: new Error('inner', { cause: 'a text' }) });
    const { message, exitCode } = describeFault(error);
    expect(exitCode).toBe(EXIT.failed);
    expect(message).toMatch(
      /^Error: outer\n {4}at .*\nCaused by: Error: inner\n {4}at .*\nCaused by: a text$/s,
    );
  });

  it('what is no error', () => {
    expect(describeFault('thrown')).toEqual({ message: 'thrown', exitCode: EXIT.failed });
  });
});
