// How a command ends: exit codes that scripts may rely on, and faults that the user can fix.

export const EXIT = {
  done: 0,
  /** The command failed, or what it checked is not in order. */
  failed: 1,
  /** Wrong arguments or settings. */
  usage: 2,
  /** Something that the command needs is not there: a database, a port, a program. */
  unavailable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the end of every help text. */
export const EXIT_HELP = `
Exit codes:
  0  done
  1  failed, or what was checked is not in order
  2  wrong arguments or settings
  3  something needed is not there: a database, a port, a program`;

/** Ends a command with its message and without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}
