// Distinguishes errors of the operating system and of PostgreSQL.

/** Whether an error carries this code: an errno name such as ENOENT, or an SQLSTATE. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
