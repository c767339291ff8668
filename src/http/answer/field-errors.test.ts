// What is said of a refused member, where it is not what any operation of today meets.
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { fieldErrors } from './field-errors.ts';

const ajv = new Ajv({ allErrors: true, verbose: true });

/** @returns what is said of a value that the schema refuses */
function said(schema: object, value: unknown) {
  const validate = ajv.compile(schema);
  expect(validate(value)).toBe(false);
  return fieldErrors(validate.errors ?? []).map(({ pointer, message }) => [pointer, message]);
}

it.each([
  [
    'an object that takes nothing',
    { type: 'object', additionalProperties: false },
    { colour: 'red' },
    [['/colour', 'is not known here: nothing is taken']],
  ],
  [
    'an object that needs a member, and names none',
    { type: 'object', minProperties: 1 },
    {},
    [['', 'must have at least one of ']],
  ],
  [
    'a pattern that nothing explains',
    { type: 'string', pattern: '^[a-z]+$' },
    'A1',
    [['', 'must match pattern "^[a-z]+$"']],
  ],
  [
    'a pattern with a description',
    { type: 'string', pattern: '^[a-z]+$', description: 'lower-case letters' },
    'A1',
    [['', 'must be lower-case letters']],
  ],
  ['null and nothing else', { type: 'null' }, 'x', [['', 'must be null']]],
  ['a keyword without a sentence', { not: { type: 'string' } }, 'x', [['', 'must NOT be valid']]],
  [
    'a number that was written as text',
    { type: 'number' },
    ' 1.5 ',
    [['', 'must be a number: send 1.5 instead of " 1.5 "']],
  ],
  ['text that is no number', { type: 'number' }, '1,5', [['', 'must be a number']]],
])('%s', (_, schema, value, messages) => {
  expect(said(schema, value)).toEqual(messages);
});
