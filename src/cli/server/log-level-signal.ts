// Verbosity of a running process: a signal switches the level of its log, the next one switches it back.
import type { Log } from '../../telemetry/log.ts';

/** Not SIGUSR1, which opens Node's debugger. */
const SIGNAL = 'SIGUSR2';

/**
 * Listens from now on: switches between the level that the log has and `debug`, or `info` where it shows `debug` already.
 * Whatever the levels are, each change is one line.
 */
export function switchLevelOnSignal(log: Log): void {
  const usual = log.level;
  const other = log.isLevelEnabled('debug') ? 'info' : 'debug';
  process.on(SIGNAL, () => {
    const [old_level, new_level] = log.level === usual ? [usual, other] : [other, usual];
    log.level = 'info';
    log.info({ old_level, new_level }, 'log level changed');
    log.level = new_level;
  });
}
