// Where each setting comes from: the environment, or, for a secret, the file that `<NAME>_FILE` names.
import { readFileSync, statSync } from 'node:fs';

export const FILE_SUFFIX = '_FILE';
export const MAX_SECRET_FILE_BYTES = 64 * 1024;

export type Env = Readonly<Record<string, string | undefined>>;

export interface Sourced {
  readonly value: string;
  /** Present where the value was read from a file. */
  readonly path?: string;
}

export interface Sources {
  /** Only what is given; blank variables count as absent. */
  readonly values: ReadonlyMap<string, Sourced>;
  /** A sentence for each setting that could not be read, without any value. */
  readonly faults: ReadonlyMap<string, string>;
}

export function readSources(
  env: Env,
  settings: readonly { readonly name: string; readonly secret?: true }[],
): Sources {
  const values = new Map<string, Sourced>();
  const faults = new Map<string, string>();
  for (const { name, secret } of settings) {
    const value = env[name];
    const path = secret ? env[name + FILE_SUFFIX] : undefined;
    if (value && path) faults.set(name, `${name} and ${name}${FILE_SUFFIX} are both set: keep one`);
    else if (value) values.set(name, { value });
    else if (path) {
      const read = readSecret(path);
      if ('fault' in read) faults.set(name, `${name}${FILE_SUFFIX}: ${path} ${read.fault}`);
      else values.set(name, { value: read.value, path });
    }
  }
  return { values, faults };
}

/** Less the newline that editors and `echo` leave at the end. */
function readSecret(path: string): { value: string } | { fault: string } {
  try {
    const found = statSync(path);
    if (!found.isFile()) return { fault: 'is not a file' };
    if (found.size > MAX_SECRET_FILE_BYTES)
      return { fault: `is larger than ${MAX_SECRET_FILE_BYTES} bytes` };
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return value === '' ? { fault: 'is empty' } : { value };
  } catch (error) {
    return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}
