// What commands print: results on stdout, all else on stderr; progress in place on a terminal, a line a step in a pipe.
import colors from 'picocolors';

const ERASE_LINE = '\r\u001b[2K';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printError(message: string): void {
  process.stderr.write(`${colors.red('error')} ${message}\n`);
}

export function printWarning(message: string): void {
  process.stderr.write(`${colors.yellow('warn')} ${message}\n`);
}

/** Progress while a command works. */
export function printProgress(line: string): void {
  process.stderr.write(`${colors.dim(line)}\n`);
}

interface ProgressStream {
  readonly isTTY: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Shows where the work stands, e.g. `products 1,200 of 10,000`. */
  show(line: string): void;
  /** Leaves the last line standing. */
  end(): void;
}

/** In a pipe `show` prints lines that differ from the last, and each step is thus on record. */
export function startProgress(stream: ProgressStream = process.stderr): Progress {
  let shown = '';
  return {
    show(line) {
      if (line === shown) return;
      shown = line;
      stream.write(stream.isTTY ? `${ERASE_LINE}${line}` : `${line}\n`);
    },
    end() {
      if (shown !== '' && stream.isTTY) stream.write('\n');
      shown = '';
    },
  };
}
