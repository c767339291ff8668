// When a long-running command must stop: a signal, a terminal or pipe that is gone, or an error that nobody caught.

import { codeOf } from '../../lib/errors.ts';
import { EXIT, type ExitCode } from '../../lib/exit.ts';
import type { Log } from '../../telemetry/log.ts';

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type StopSignal = keyof typeof SIGNALS;

/** One Ctrl-C under npm arrives twice, from the terminal and from npm; only a later one means "at once". */
const SAME_REQUEST_MS = 1_000;
const EXIT_SIGNAL_BASE = 128;
/** What writing gives once a terminal is closed, or the reader of a pipe has gone. */
const OUTPUT_GONE = ['EIO', 'EPIPE'];

export interface StopRequest {
  /** Resolves with the exit code once the process must stop. */
  readonly requested: Promise<ExitCode>;
  /** Aborted at that moment. */
  readonly signal: AbortSignal;
}

/** Listens from now on. A second signal ends the process on the spot. */
export function awaitStopRequest(log: Pick<Log, 'info' | 'fatal'>): StopRequest {
  const { promise: requested, resolve } = Promise.withResolvers<ExitCode>();
  const controller = new AbortController();
  let requested_ms: number | undefined;
  const stop = (exitCode: ExitCode): void => {
    requested_ms ??= performance.now();
    resolve(exitCode);
    controller.abort();
  };
  const onSignal = (name: StopSignal): void => {
    const isSecond =
      requested_ms !== undefined && performance.now() - requested_ms > SAME_REQUEST_MS;
    // A terminal that closes takes shell, npm and us along, each of which may signal us; a second signal means no impatience then.
    if (isSecond && name !== 'SIGHUP') process.exit(EXIT_SIGNAL_BASE + SIGNALS[name]);
    if (requested_ms === undefined) log.info({ signal: name }, 'stopping');
    stop(EXIT.done);
  };
  for (const name of Object.keys(SIGNALS) as StopSignal[]) process.on(name, onSignal);
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'stopping after an uncaught error');
    stop(EXIT.failed);
  });
  stopWithoutOutput(() => stop(EXIT.done));
  return { requested, signal: controller.signal };
}

/** Unheard, each failed write would be an error that nobody caught, whose report is the next failed write. */
function stopWithoutOutput(stop: () => void): void {
  const onFault = (error: Error): void => {
    const code = codeOf(error) ?? '';
    // Anything else, such as a full disk behind a redirection, costs lines and nothing more.
    if (OUTPUT_GONE.includes(code)) stop();
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onFault);
}
