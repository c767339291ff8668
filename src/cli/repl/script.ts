// JavaScript that came from outside as a whole, with `await` anywhere.

type AsyncFunction = (...values: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => {}).constructor as new (...source: string[]) => AsyncFunction;

/**
 * Runs code to which `scope` gives its names.
 * @returns the value where the code is one expression, else what it returns
 * @throws SyntaxError, and what the code throws
 */
export function runScript(
  scope: Readonly<Record<string, unknown>>,
  code: string,
): Promise<unknown> {
  const names = Object.keys(scope);
  return compile(names, code)(...Object.values(scope));
}

function compile(names: readonly string[], code: string): AsyncFunction {
  try {
    return new AsyncFunction(...names, `return (${code.trim().replace(/;$/, '')}\n)`);
  } catch {
    return new AsyncFunction(...names, code);
  }
}
