// PostgreSQL's messages in a file beside the cluster. Two files of a bounded size, so that a server left
// running for months does not fill the disk.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';

const MAX_FILE_BYTES = 5 * 1024 * 1024;
// The folder may belong to the account that runs PostgreSQL: never write through a link that it made.
const OPEN_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
const FILE_MODE = 0o600;

export type ServerLog = { path: string; write: (text: Buffer | string) => void };

/** Opens the log for appending. At `maxBytes` the file becomes `<path>.1` and a new one begins. */
export function openServerLog(path: string, maxBytes = MAX_FILE_BYTES): ServerLog {
  let file = openSync(path, OPEN_FLAGS, FILE_MODE);
  let size = fstatSync(file).size;
  let lost = 0;

  function rotate(): void {
    // Where the last attempt moved it away and then found no room for a new one, there is nothing to move.
    if (existsSync(path)) renameSync(path, `${path}.1`);
    const full = file;
    file = openSync(path, OPEN_FLAGS, FILE_MODE);
    size = 0;
    closeSync(full);
  }

  function write(text: Buffer | string): void {
    try {
      if (size >= maxBytes) rotate();
      if (lost > 0) {
        size += writeSync(file, `${lost} messages were lost: the log was not writable\n`);
      }
      lost = 0;
      size += writeSync(file, Buffer.from(text));
    } catch {
      // A full disk must not end the server; the loss is logged as soon as there is room.
      lost += 1;
    }
  }
  return { path, write };
}
