// What `user create-admin` needs to know: prompted for where it was not given, and validated as soon as it is there, by the rules
// of POST /auth/register.

import { fieldErrors } from '../../http/answer/field-errors.ts';
import { createValidation } from '../../http/intake/validation.ts';
import { CliError, EXIT } from '../../lib/exit.ts';
import { type FieldError, Problem, VALIDATION_ERROR } from '../../lib/problem.ts';
import { Closed, type Infer } from '../../lib/schema.ts';
import { parsePhone } from '../../lib/text/phone.ts';
import { passwordFault } from '../../modules/auth/passwords/passwords.rules.ts';
import { NewPassword, ProfileFields } from '../../modules/users/users.views.ts';
import { printError } from '../output.ts';
import { ask, askSecret, isAtTerminal, readPipedLine } from './ask.ts';

export interface AdminOptions {
  readonly email?: string;
  readonly name?: string;
  readonly phone?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Take the password from the pipe instead of asking. */
  readonly passwordStdin?: boolean;
}

const { user_name, user_email, user_phone, first_name, last_name } = ProfileFields;
const FIELDS = {
  user_email,
  user_name,
  user_phone,
  first_name,
  last_name,
  password: NewPassword,
};
const AdminInput = Closed(FIELDS);
export type AdminInput = Infer<typeof AdminInput>;
type Field = keyof typeof FIELDS;
type Answers = Partial<Record<Field, string>>;

interface Question {
  readonly field: Exclude<Field, 'password'>;
  readonly option: Exclude<keyof AdminOptions, 'passwordStdin'>;
  readonly flag: string;
  readonly text: string;
}

const QUESTIONS: readonly Question[] = [
  { field: 'user_email', option: 'email', flag: '--email', text: 'E-mail address' },
  { field: 'user_name', option: 'name', flag: '--name', text: 'User name' },
  { field: 'user_phone', option: 'phone', flag: '--phone', text: 'Mobile number' },
  { field: 'first_name', option: 'firstName', flag: '--first-name', text: 'First name' },
  { field: 'last_name', option: 'lastName', flag: '--last-name', text: 'Last name' },
];

/**
 * @throws Problem VALIDATION_ERROR with every fault of what was given, before any prompt
 * @throws CliError where something is missing and there is no terminal to ask on
 */
export async function askForAdmin(options: AdminOptions): Promise<AdminInput> {
  const answers: Answers = {};
  for (const { field, option } of QUESTIONS) {
    const given = options[option];
    if (given !== undefined) answers[field] = given;
  }
  requireValid(Object.keys(answers) as Field[], answers);
  const missing = QUESTIONS.filter(({ field }) => answers[field] === undefined);
  if (!isAtTerminal()) requireComplete(missing, options);
  for (const { field, text } of missing) answers[field] = await askUntilValid(text, field, answers);
  answers.password = await findPassword(options, answers);
  requireValid(['password'], answers);
  return answers as AdminInput;
}

function requireComplete(missing: readonly Question[], { passwordStdin }: AdminOptions): void {
  if (missing.length > 0) {
    const flags = missing.map(({ flag }) => flag).join(', ');
    const verb = missing.length === 1 ? 'is' : 'are';
    throw new CliError(`${flags} ${verb} missing, and there is no terminal to ask on.`, EXIT.usage);
  }
  if (passwordStdin !== true)
    throw new CliError('Pipe the password in and add --password-stdin.', EXIT.usage);
}

async function askUntilValid(text: string, field: Field, answers: Answers): Promise<string> {
  for (;;) {
    const answer = await ask(text);
    const fault = faultOf(field, { ...answers, [field]: answer });
    if (fault === undefined) return answer;
    printError(`It ${fault.message}.`);
  }
}

async function findPassword({ passwordStdin }: AdminOptions, answers: Answers): Promise<string> {
  if (passwordStdin === true) return readPipedLine();
  for (;;) {
    const password = await askSecret('Password');
    const fault = faultOf('password', { ...answers, password });
    if (fault !== undefined) printError(`It ${fault.message}.`);
    else if ((await askSecret('The same again')) === password) return password;
    else printError('The two passwords differ.');
  }
}

function requireValid(fields: readonly Field[], answers: Answers): void {
  const errors = fields.flatMap((field) => faultOf(field, answers) ?? []);
  if (errors.length > 0) throw new Problem(VALIDATION_ERROR, 'Not accepted', { errors });
}

function faultOf(field: Field, answers: Answers): FieldError | undefined {
  const value = answers[field] ?? '';
  const validate = createValidation().compiler({
    schema: Closed({ [field]: FIELDS[field] }),
    method: 'POST',
    url: '/auth/register',
    httpPart: 'body',
  });
  if (validate({ [field]: value }) !== true) return fieldErrors(validate.errors ?? [])[0];
  const message = ruleFault(field, value, answers);
  return message === undefined ? undefined : { pointer: `/${field}`, message, code: 'invalid' };
}

function ruleFault(field: Field, value: string, answers: Answers): string | undefined {
  if (field === 'user_phone' && parsePhone(value)?.kind !== 'mobile')
    return 'must be a Philippine mobile number, such as 0917 123 4567';
  if (field !== 'password') return undefined;
  const names = { user_name: '', user_email: '', first_name: '', last_name: '', ...answers };
  return passwordFault(value, names);
}
