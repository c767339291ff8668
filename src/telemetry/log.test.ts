import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../config.ts';
import { createLog, type Log } from './log.ts';

const SECRET = 'kalabasa-ng-bayan';

/** A log and the lines that it wrote. */
function record(pretty = false): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLog({ level: 'trace', pretty, version: '1.2.3', destination }), lines };
}

const FIELDS = [
  ...[
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'password',
    'new_password',
    'newPassword',
  ],
  ...[
    'current_password',
    'refresh',
    'access',
    'code',
    'otp',
    'token',
    'secret',
    'parameters',
    'body',
  ],
  ...[
    'user_email',
    'user_phone',
    'userEmail',
    'email',
    'phone',
    'first_name',
    'last_name',
    'firstName',
  ],
  ...[
    'recipient_name',
    'recipient_phone',
    'street',
    'landmark',
    'notes',
    'ip',
    'remoteAddress',
    'to',
    'text',
  ],
  ...SETTINGS.filter(({ secret }) => secret).map(({ name }) => name),
];

describe('what the log never shows', () => {
  it.each(FIELDS)('the value of %s, at any depth, in lists, and bound to children', (field) => {
    const { log, lines } = record();
    const personal = { [field]: SECRET };
    log.info(personal, 'one');
    log.info({ a: personal }, 'two');
    log.info({ a: { b: personal } }, 'three');
    log.info({ a: { b: { c: { d: personal } } } }, 'five');
    log.info({ list: [personal, [personal]] }, 'lists');
    log.info({ [field]: { nested: SECRET } }, 'below');
    log.info('interpolated %j', personal);
    log.child(personal).info('bound');
    log
      .child({ a: personal })
      .child({ b: [personal] })
      .info('bound below');
    log.child({}, { level: 'debug' }).info(personal, 'child with options');
    expect(lines).toHaveLength(10);
    expect(lines.join('')).not.toContain(SECRET);
    expect(lines.join('')).toContain('[redacted]');
  });

  it('what lies deeper than it looks, in instances of classes and in loops', () => {
    class Account {
      readonly password = SECRET;
    }
    const loop: Record<string, unknown> = { password: SECRET };
    loop['self'] = loop;
    const { log, lines } = record();
    log.info({
      account: new Account(),
      map: new Map([['password', SECRET]]),
      bytes: Buffer.from(SECRET),
    });
    log.info({ loop });
    log.info({ query: Object.assign(Object.create(Object.create(null)), { email: SECRET }) });
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain(SECRET);
    expect(lines.join('')).not.toContain(JSON.stringify([...Buffer.from(SECRET)]).slice(1, -1));
  });

  it.each([
    ['maria.santos@example.ph', 'refused <maria.santos@example.ph>'],
    ['9171234567', 'no such number +639171234567'],
    ['917 123 4567', 'no such number 0917 123 4567'],
    ['hunter2', 'cannot reach postgres://fresh:hunter2@db:5432/fresh'],
    ['s3cret', 'refused Bearer s3cret'],
    ['eyJhbGciOiJFZERTQSJ9.e30', 'bad token eyJhbGciOiJFZERTQSJ9.e30.c2ln'],
  ])('%s in a message or in that of an error', (secret, message) => {
    const { log, lines } = record();
    log.warn(message);
    log.error(new Error(message));
    log.error({ err: new Error(message) });
    log.error({ err: new Error('outer', { cause: new Error(message) }) }, 'failed');
    log.error({ result: { error: new Error(message) } }, 'failed');
    log.error({ err: new AggregateError([new Error(message)], message) }, 'failed');
    log.child({ err: new Error(message) }).error('failed');
    expect(lines).toHaveLength(7);
    expect(lines.join('')).not.toContain(secret);
  });

  it('the values of a public field are left as they are', () => {
    const { log, lines } = record();
    const fields = {
      user_id: '0198c0de-0000-7000-8000-000000000001',
      order_number: 'OID-2026-000123',
      amount_centavos: 12050,
      at: new Date('2026-11-02T08:00:00Z'),
      states: ['PENDING', null, true],
    };
    log.info(fields, 'order placed');
    expect(JSON.parse(lines.join(''))).toMatchObject({ ...fields, at: '2026-11-02T08:00:00.000Z' });
  });
});

describe('a line of the log', () => {
  it('is JSON with level, time, service, version and message', () => {
    const { log, lines } = record();
    log.info({ request_id: 'r-1' }, 'ready');
    const line = JSON.parse(lines.join(''));
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String),
      service: 'freshbytes',
      version: '1.2.3',
      request_id: 'r-1',
      msg: 'ready',
    });
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it('writes the type, message, code, frames and cause of an error', () => {
    const { log, lines } = record();
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET' });
    log.error({ err: new Error('outer', { cause }) }, 'failed');
    expect(JSON.parse(lines.join(''))).toMatchObject({
      level: 'error',
      msg: 'failed',
      err: {
        type: 'Error',
        message: 'outer',
        stack: expect.stringContaining('log.test.ts'),
        cause: { type: 'TypeError', message: 'inner', code: 'ECONNRESET' },
      },
    });
  });

  it('takes the message of an error that comes alone', () => {
    const { log, lines } = record();
    log.error(new Error('alone'));
    log.error({ err: new Error('as a field') });
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['alone', 'as a field']);
  });

  const INJECTED = 'a\nlevel=fatal\r\n\u001b[2J\u2028{"level":"fatal"}\0';

  it.each([false, true])('stays one line whatever is in it (pretty: %s)', (pretty) => {
    const { log, lines } = record(pretty);
    log.info(INJECTED);
    log.info({ value: INJECTED, [INJECTED]: 1 }, 'field');
    log.child({ bound: INJECTED }).info('bound');
    const written = lines.join('');
    expect(written.endsWith('\n')).toBe(true);
    expect(written.trimEnd().split(/[\n\r]/)).toHaveLength(3);
    expect(written).not.toContain('\u001b[2J');
  });

  it.each([false, true])(
    'keeps the message of an error from breaking its line (pretty: %s)',
    (pretty) => {
      const { log, lines } = record(pretty);
      log.error({ err: new Error(INJECTED) }, 'failed');
      expect(lines.join('')).not.toContain('\nlevel=fatal');
      expect(lines.join('')).not.toContain('\u001b[2J');
    },
  );
});

describe('pretty lines', () => {
  it('are for people: time, level and message, not JSON', () => {
    const { log, lines } = record(true);
    log.info('ready');
    expect(lines.join('')).toMatch(/\d\d:\d\d:\d\d\.\d{3}.*INFO.*ready/);
  });
});

describe('the log of Fastify', () => {
  it('keeps errors, bindings and requests as clean as every other', async () => {
    const { log, lines } = record();
    const app = fastify({ loggerInstance: log });
    app.get('/', (request) => {
      request.log.setBindings({ user_email: SECRET });
      throw Object.assign(new Error('failed'), { detail: SECRET, response: SECRET });
    });
    await app.inject({
      url: `/?search=${SECRET}`,
      headers: { cookie: SECRET },
      remoteAddress: '203.0.113.9',
    });
    await app.close();
    expect(lines.map((line) => JSON.parse(line).err?.message)).toContain('failed');
    expect(lines.join('')).not.toContain(SECRET);
    expect(lines.join('')).not.toContain('203.0.113.9');
  });
});
