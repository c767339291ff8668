// Where the log of a command goes: standard output, written at once, so that a crash loses no line.
import { type DestinationStream, pino } from 'pino';

/** Lines that a full disk does not take are kept to this size, and tried again with the next one. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

/** A failed write is handled like all failed output: as an 'error' of `process.stdout`. */
export function openLogOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, maxLength: MAX_UNWRITTEN_BYTES });
  output.on('error', (error) => process.stdout.emit('error', error));
  return output;
}
