// Watches folders for changes, whichever way a program saves: in place, by a new file that takes the old one's name, in
// a new folder. It is folders that are watched, because the watch of a file follows the old one out of its name.
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, join } from 'node:path';

/** Called with the path of each change, some of them more than once. */
type OnChange = (path: string) => void;

/** Watches `roots` and all folders below them, also those to come, until it is disposed of. */
export function watchFolders(roots: readonly string[], onChange: OnChange): Disposable {
  const watchers = new Map<string, FSWatcher>();

  function add(folder: string): void {
    if (watchers.has(folder)) return;
    const watcher = watch(folder, (_event, name) => {
      if (name !== null) look(join(folder, name));
    });
    watcher.on('error', () => drop(folder));
    watchers.set(folder, watcher);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) add(join(folder, entry.name));
    }
  }

  function drop(folder: string): void {
    for (const [path, watcher] of watchers) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      watchers.delete(path);
    }
  }

  function look(path: string): void {
    if (isFolder(path)) {
      addNew(path);
    } else {
      drop(path);
      onChange(path);
    }
  }

  /** What was written into it before it was watched counts as well. */
  function addNew(folder: string): void {
    try {
      add(folder);
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
        onChange(join(folder, path));
    } catch {
      // It went again meanwhile, which its parent reports.
      drop(folder);
    }
  }

  for (const root of roots) add(root);
  return {
    [Symbol.dispose]: () => {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

const SOURCE = /\.(?:ts|sql|txt|json)$/;
const TEST = /\.(?:test|testkit)\.ts$/;

/** Whether a running server can depend on the file: no test, and no file that an editor keeps for itself. */
export function isSource(path: string): boolean {
  const name = basename(path);
  return SOURCE.test(name) && !TEST.test(name) && !name.startsWith('.');
}
