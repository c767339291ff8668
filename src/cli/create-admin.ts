// `user create-admin`: the first admin of an installation, who can then make others.
import { type Ctx, systemCtx } from '../context.ts';
import { inTransaction } from '../db/transaction.ts';
import { Closed, type Infer } from '../http/schema.ts';
import { createValidation, fieldErrors } from '../http/validation.ts';
import { newId } from '../lib/ids.ts';
import { Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import { registerUser } from '../modules/identity/sign-in.service.ts';
import { changeUser } from '../modules/identity/users.service.ts';
import { NewPassword, ProfileFields } from '../modules/identity/users.views.ts';
import { openServices } from '../services.ts';
import { ask, askSecret, isAtTerminal, readPipedLine } from './ask.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { print } from './output.ts';
import { bringUpToDate } from './prepare.ts';
import { findDatabase, openLog, readConfig } from './settings.ts';

export interface AdminOptions {
  readonly email?: string;
  readonly name?: string;
  readonly phone?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Take the password from the pipe instead of asking. */
  readonly passwordStdin?: boolean;
}

const AdminInput = Closed({ ...ProfileFields, password: NewPassword });
type AdminInput = Infer<typeof AdminInput>;

export async function createAdmin(options: AdminOptions): Promise<ExitCode> {
  const config = readConfig();
  const input = requireValid(await collect(options));
  await using stack = new AsyncDisposableStack();
  const database = await findDatabase(stack, config);
  await bringUpToDate(config, database);
  const { services } = await openServices(stack, {
    config,
    url: database.url,
    log: openLog(config),
  });
  const user = await register(systemCtx(services, newId()), input);
  print(`created the admin ${user.user_email} (${user.id})`);
  return EXIT.done;
}

/** Together, or not at all: a customer left behind would hold the address. */
function register(ctx: Ctx, input: AdminInput) {
  return inTransaction(ctx, async (ctx) => {
    const { id } = await registerUser(ctx, input);
    return changeUser(ctx, id, { role: 'admin' });
  });
}

async function collect(options: AdminOptions): Promise<Record<string, string>> {
  const { email, name, phone, firstName, lastName } = options;
  const answers: Record<string, string> = {};
  answers['user_email'] = email ?? (await askFor('E-mail address', '--email'));
  answers['user_name'] = name ?? (await askFor('User name', '--name'));
  answers['user_phone'] = phone ?? (await askFor('Mobile number', '--phone'));
  answers['first_name'] = firstName ?? (await askFor('First name', '--first-name'));
  answers['last_name'] = lastName ?? (await askFor('Last name', '--last-name'));
  answers['password'] = options.passwordStdin ? await readPipedLine() : await askPassword();
  return answers;
}

function askFor(question: string, flag: string): Promise<string> {
  if (!isAtTerminal())
    throw new CliError(`${flag} is missing, and there is no terminal to ask on.`, EXIT.usage);
  return ask(question);
}

async function askPassword(): Promise<string> {
  if (!isAtTerminal()) {
    throw new CliError('Pipe the password in and add --password-stdin.', EXIT.usage);
  }
  const password = await askSecret('Password');
  if ((await askSecret('The same again')) === password) return password;
  throw new CliError('The two passwords differ.', EXIT.usage);
}

/** By the rules of POST /auth/register. */
function requireValid(answers: Record<string, string>): AdminInput {
  const validate = createValidation().compiler({
    schema: AdminInput,
    method: 'POST',
    url: '/auth/register',
    httpPart: 'body',
  });
  if (validate(answers) === true) return answers as AdminInput;
  throw new Problem(VALIDATION_ERROR, 'Not accepted', {
    errors: fieldErrors(validate.errors ?? []),
  });
}
