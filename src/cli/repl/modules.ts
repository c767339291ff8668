// The functions of src/modules by module, loaded when it is first named: `services.orders` holds all that the
// *.service.ts of src/modules/orders export.
import { globSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const MODULES = join(import.meta.dirname, '../../modules');
/** Not import(): what is named at the prompt is there at once, without an `await` in front of it. */
const load = createRequire(import.meta.url);

export type Role = 'service' | 'queries' | 'rules';

/** One lazy property a module that has such files. */
export function modulesOf(role: Role): object {
  const modules = {};
  for (const module of readdirSync(MODULES)) {
    const paths = globSync(`**/*.${role}.ts`, { cwd: join(MODULES, module) });
    if (paths.length === 0) continue;
    Object.defineProperty(modules, module, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = loadAll(paths.map((path) => join(MODULES, module, path)));
        // From now on a plain value, whose members the prompt can complete.
        Object.defineProperty(modules, module, { value });
        return value;
      },
    });
  }
  return modules;
}

/** @throws Error where two files export different things under one name */
function loadAll(paths: readonly string[]): object {
  const all = new Map<string, unknown>();
  for (const path of paths) {
    for (const [name, value] of Object.entries(load(path) as object)) {
      if (all.has(name) && all.get(name) !== value)
        throw new Error(`${path} exports another ${name} than the files before it`);
      all.set(name, value);
    }
  }
  return Object.fromEntries([...all].toSorted(([a], [b]) => a.localeCompare(b)));
}
