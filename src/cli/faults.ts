// The message for an error that ended a command: a sentence where the user can fix it, else the stack.

import { ConfigError } from '../config.ts';
import { sqlState } from '../db/transaction.ts';
import { isDatabaseDown } from '../http/answer/problem-answers.ts';
import { messageOf } from '../lib/errors.ts';
import { CliError, EXIT, type ExitCode } from '../lib/exit.ts';
import { Problem } from '../lib/problem.ts';

export interface Fault {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** invalid_authorization, invalid_catalog_name, insufficient_privilege: PostgreSQL answers, and refuses us. */
const REFUSED_BY_POSTGRES = /^28|^3D|^42501$/;

/** @param setting names the address that was tried, where it is another than that of the database */
export function describeFault(error: unknown, setting = 'DATABASE_URL'): Fault {
  if (error instanceof CliError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof ConfigError) {
    const faults = error.message.split('\n').map((fault) => `  ${fault}`);
    return {
      message: `These settings must be fixed first:\n${faults.join('\n')}`,
      exitCode: EXIT.usage,
    };
  }
  if (error instanceof Problem) return { message: problemText(error), exitCode: EXIT.failed };
  if (REFUSED_BY_POSTGRES.test(sqlState(error) ?? '')) {
    return {
      message: `PostgreSQL refused: ${messageOf(error)}. Check ${setting}.`,
      exitCode: EXIT.unavailable,
    };
  }
  if (isDatabaseDown(error)) {
    return {
      message: `PostgreSQL does not answer (${messageOf(error)}). Check ${setting}.`,
      exitCode: EXIT.unavailable,
    };
  }
  const missing = missingPackage(error);
  if (missing !== undefined) {
    return {
      message: `The package ${missing} is not installed. Run \`npm ci\`.`,
      exitCode: EXIT.unavailable,
    };
  }
  return { message: stackOf(error), exitCode: EXIT.failed };
}

/** Commands load what they need when they run, so that one may find what another does not. */
function missingPackage(error: unknown): string | undefined {
  return /^Cannot find package '([^']+)'/.exec(messageOf(error))?.[1];
}

function problemText(problem: Problem): string {
  const errors = problem.extras.errors ?? [];
  const lines = errors.map(({ pointer, message }) => `  ${pointer.slice(1)} ${message}`);
  return lines.length === 0 ? problem.message : ['This is not accepted:', ...lines].join('\n');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
