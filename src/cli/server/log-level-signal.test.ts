import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../telemetry/log.ts';
import { switchLevelOnSignal } from './log-level-signal.ts';

const SIGNAL = 'SIGUSR2';

afterEach(() => {
  process.removeAllListeners(SIGNAL);
});

/** A log that listens to the signal, and the messages that it wrote. */
function open(level: string) {
  const lines: { level: string; msg: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ level, pretty: false, version: '1.0.0', destination });
  switchLevelOnSignal(log);
  return { log, lines, messages: () => lines.splice(0).map(({ msg }) => msg) };
}

describe('the signal for the log level', () => {
  it.each([
    ['silent', 'debug'],
    ['error', 'debug'],
    ['info', 'debug'],
    ['debug', 'info'],
    ['trace', 'info'],
  ])('switches from %s to %s and back, one line each', (usual, other) => {
    const { log, lines } = open(usual);
    process.emit(SIGNAL);
    expect(log.level).toBe(other);
    process.emit(SIGNAL);
    expect(log.level).toBe(usual);
    expect(lines).toMatchObject([
      { level: 'info', msg: 'log level changed', old_level: usual, new_level: other },
      { level: 'info', msg: 'log level changed', old_level: other, new_level: usual },
    ]);
  });

  it('holds for the children that requests make from then on', () => {
    const { log, messages } = open('warn');
    process.emit(SIGNAL);
    messages();
    log.child({ request_id: '1' }).debug('while loud');
    expect(messages()).toEqual(['while loud']);
    process.emit(SIGNAL);
    messages();
    log.child({ request_id: '2' }).info('when quiet again');
    expect(messages()).toEqual([]);
  });
});
