// What can be read from anything that was thrown: errors of the operating system, of PostgreSQL, and what is no error at all.

/** An errno name such as ENOENT, an SQLSTATE, or whatever else a library names its errors by; undefined without one. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

export function isCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

/** Never empty: Node reports several addresses tried in vain with a code and no message. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (codeOf(error) ?? error.name);
}

/** For `catch`: resolves to `value` where the error has one of these codes, and throws any other on. */
export function recover<T>(value: T, ...codes: readonly string[]): (error: unknown) => T {
  return (error) => {
    if (codes.some((code) => isCode(error, code))) return value;
    throw error;
  };
}
