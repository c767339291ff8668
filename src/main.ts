// The command line. Each command loads what it needs when it runs, so that help comes at once.
import { Command, InvalidArgumentError, Option } from 'commander';
import { printError, printProgress } from './cli/output.ts';
import { readVersion } from './cli/version.ts';
import { EXIT, EXIT_HELP, type ExitCode } from './lib/exit.ts';

const SIZES = ['small', 'medium', 'large'];
const STORAGES = ['disk', 's3'];
const VERSIONS = ['v1', 'v2'];
const LEDGER_FORMATS = ['hledger', 'beancount'];
const MAX_SEED = 2 ** 31 - 1;

const program = new Command('freshbytes')
  .description('The marketplace backend that sells fresh produce by harvest lot.')
  .version(readVersion())
  .enablePositionalOptions()
  .showHelpAfterError('(see --help)')
  .addHelpText('after', EXIT_HELP)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.usage));

program
  .command('serve')
  .description('serve the API, and run the jobs too unless WORKER=off')
  .action(
    run(async () => {
      printProgress(`Starting FreshBytes ${readVersion()}`);
      return (await import('./cli/server/serve.ts')).serve();
    }),
  );

program
  .command('worker')
  .description('run the jobs alone')
  .action(run(async () => (await import('./cli/server/serve.ts')).work()));

program
  .command('dev')
  .description('serve, and start again after each change of the source')
  .action(run(async () => (await import('./cli/server/dev.ts')).dev()));

program
  .command('migrate')
  .description('bring the database up to this version')
  .action(run(async () => (await import('./cli/database/migrate.ts')).migrate()));

program
  .command('seed')
  .description('fill an empty database with a believable market')
  .addOption(new Option('--size <size>', 'how large').choices(SIZES).default('small'))
  .addOption(
    new Option('--seed <number>', 'the same number makes the same market')
      .default(1)
      .argParser(seedNumber),
  )
  .action(run(async (options) => (await import('./cli/database/seed.ts')).seed(options)));

program
  .command('reset')
  .description('begin anew: remove the embedded database of development and its uploads')
  .option('--yes', 'do not ask')
  .action(run(async (options) => (await import('./cli/database/reset.ts')).reset(options)));

const user = program.command('user').description('manage users');

user
  .command('create-admin')
  .description('create an admin; prompts for what is not given')
  .option('--email <address>', 'e-mail address')
  .option('--name <name>', 'user name')
  .option('--phone <number>', 'Philippine mobile number')
  .option('--first-name <name>', 'first name')
  .option('--last-name <name>', 'last name')
  .option('--password-stdin', 'read the password from standard input')
  .action(
    run(async (options) => (await import('./cli/accounts/create-admin.ts')).createAdmin(options)),
  );

user
  .command('clear-mfa')
  .description('clear the second factor of a user who lost it; they are signed out and notified')
  .argument('<address>', 'their e-mail address')
  .action(
    run(async (address: string) => (await import('./cli/accounts/clear-mfa.ts')).clearMfa(address)),
  );

program
  .command('doctor')
  .description('check everything that FreshBytes needs on this machine')
  .option(
    '--cluster',
    'instead: who leads, on how many disks a commit is, and what would take it back',
  )
  .option(
    '--log <file>',
    'with --cluster: name what this log has as committed and the database does not; - reads standard input',
  )
  .action(run(async (options) => (await import('./cli/doctor/doctor.ts')).doctor(options)));

program
  .command('config')
  .description('look at the settings')
  .command('check')
  .description('print every setting and where it comes from, and all that is wrong')
  .option('--env-file <path>', 'read this file too; the environment counts before it')
  .option('--monitoring', 'instead: the settings of Prometheus and Alertmanager')
  .action(
    run(async (options) =>
      (await import('./cli/config-check.ts')).checkConfig(options, process.env),
    ),
  );

program
  .command('reencrypt')
  .description('encrypt second factors anew with the first of APP_SECRET')
  .action(run(async () => (await import('./cli/maintenance/reencrypt.ts')).reencrypt()));

program
  .command('openapi')
  .description('write the OpenAPI documents')
  .addOption(new Option('--version <version>', 'only this version').choices(VERSIONS))
  .option('--out <folder>', 'where to', 'openapi')
  .option('--check', 'write nothing; fail where the written ones are not those of the code')
  .action(run(async (options) => (await import('./cli/openapi.ts')).writeDocuments(options)));

program
  .command('check-invariants')
  .description('print every rule that the data in the database break, or nothing')
  .action(run(async () => (await import('./cli/maintenance/check-invariants.ts')).check()));

program
  .command('ledger')
  .description('hand the ledger over')
  .command('export')
  .description('write the journal to standard output, for another accounting program')
  .addOption(new Option('--format <format>', 'whose').choices(LEDGER_FORMATS).makeOptionMandatory())
  .option('--from <day>', 'first day in the Philippines, such as 2026-03-01', calendarDay)
  .option('--to <day>', 'last day, included', calendarDay)
  .action(
    run(async (options) =>
      (await import('./cli/maintenance/ledger-export.ts')).exportLedger(options),
    ),
  );

program
  .command('verify-audit')
  .description('check the seals of the audit log, and name the first place where they break')
  .option('--head <head>', 'a head that was printed or logged before; fail where it is gone')
  .action(
    run(async (options) => (await import('./cli/maintenance/verify-audit.ts')).verify(options)),
  );

program
  .command('retention')
  .description('take what is older than AUDIT_RETENTION_MONTHS out of the audit log')
  .action(run(async () => (await import('./cli/maintenance/retention.ts')).retain()));

program
  .command('retry-dead-letters')
  .description('have the jobs of a queue that failed for the last time tried again')
  .argument('<queue>', 'its name')
  .action(
    run(async (queue: string) =>
      (await import('./cli/maintenance/retry-dead-letters.ts')).retry(queue),
    ),
  );

program
  .command('repl')
  .description(
    'open a prompt with the services and queries of this program, or run a script from a pipe',
  )
  .option('--write', 'allow changes; without it the session reads only')
  .action(run(async (options) => (await import('./cli/repl/repl.ts')).openRepl(options)));

const backup = program
  .command('backup')
  .description('take a backup of the database')
  .option('--full', 'with pgBackRest: everything, not only what changed since the last full one')
  .action(run(async (options) => (await import('./cli/database/backup.ts')).takeBackup(options)));

backup
  .command('list')
  .description('list the backups there are')
  .action(run(async () => (await import('./cli/database/backup.ts')).listBackups()));

backup
  .command('verify')
  .description('restore every backup that is kept aside, and check what it brings')
  .option('--newest', 'only the newest (of each repository), quickly; not on record as verified')
  .action(run(async (options) => (await import('./cli/database/backup.ts')).verifyBackup(options)));

program
  .command('restore')
  .description('bring the database back from a backup')
  .option(
    '--to <time>',
    'as it was then, such as 2026-03-01T08:00:00+08:00; all there is if absent',
  )
  .option('--replace <name>', 'the database, or the stanza, whose data may be replaced')
  .action(run(async (options) => (await import('./cli/database/restore.ts')).restore(options)));

program
  .command('storage')
  .description('look after uploaded files')
  .command('move')
  .description('copy all uploads from one storage to the other; may be repeated')
  .addOption(
    new Option('--from <storage>', 'where they are').choices(STORAGES).makeOptionMandatory(),
  )
  .addOption(new Option('--to <storage>', 'where to').choices(STORAGES).makeOptionMandatory())
  .option('--remove', 'remove each where it was, once it is seen to be where it should')
  .action(
    run(async (options) =>
      (await import('./cli/maintenance/storage-move.ts')).moveStorage(options),
    ),
  );

program
  .command('grant-runtime-role')
  .description('let a role of PostgreSQL run serve and worker, and nothing beyond that')
  .argument('<role>', 'its name')
  .action(
    run(async (role: string) =>
      (await import('./cli/database/grant-runtime-role.ts')).grantRuntimeRole(role),
    ),
  );

await program.parseAsync();

/** Ends the process with the command's exit code, whatever a library left open. */
function run<Options>(
  command: (options: Options) => Promise<ExitCode>,
): (options: Options) => Promise<never> {
  return async (options) => {
    try {
      return process.exit(await command(options));
    } catch (error) {
      const { describeFault } = await import('./cli/faults.ts');
      const { message, exitCode } = describeFault(error);
      printError(message);
      return process.exit(exitCode);
    }
  };
}

function seedNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= MAX_SEED) return number;
  throw new InvalidArgumentError(`A whole number from 0 to ${MAX_SEED}.`);
}

function calendarDay(text: string): string {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (day?.getTime() && day.toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('A day such as 2026-03-01.');
}
