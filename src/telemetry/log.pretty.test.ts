// In a process of its own: a module that was loaded once is not looked for again.
import { registerHooks } from 'node:module';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

let hooks: ReturnType<typeof registerHooks> | undefined;
afterEach(() => hooks?.deregister());

/** Makes every attempt to load pino-pretty fail with that code. */
function refusePretty(code: string): void {
  hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'pino-pretty') return next(specifier, context);
      throw Object.assign(new Error('absent'), { code });
    },
  });
}

describe('where pino-pretty', () => {
  it('is not installed, pretty lines are JSON', () => {
    refusePretty('MODULE_NOT_FOUND');
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    createLog({ level: 'info', pretty: true, version: '1.2.3', destination }).info('ready');
    expect(JSON.parse(lines.join(''))).toMatchObject({ msg: 'ready' });
  });

  it('is broken, the fault is shown', () => {
    refusePretty('EACCES');
    expect(() => createLog({ level: 'info', pretty: true, version: '1.2.3' })).toThrow('absent');
  });
});
