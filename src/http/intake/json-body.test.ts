import fc from 'fast-check';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe, type Probe } from '../../../test/support/probe.ts';
import { ANYONE } from '../access.ts';
import { route } from '../route.ts';
import { MAX_BODY_BYTES } from './json-body.ts';

/** What a hostile body may cost. */
const MAX_REFUSAL_MS = 50;

let probe: Probe;
let lastRaw: string | undefined;

beforeAll(async () => {
  const echo = route({
    method: 'POST',
    path: '/echo',
    access: ANYONE,
    operationId: 'probe',
    tag: 'Probe',
    summary: 'Answer with what was sent',
    body: Type.Object({ value: Type.Unknown() }, { additionalProperties: false }),
    status: 200,
    returns: Type.Object({ json: Type.String() }),
    handle: async (_ctx, { body, request }) => {
      lastRaw = request.rawBody;
      return { json: JSON.stringify(body.value) };
    },
  });
  probe = await createProbe({ routes: [echo] });
  await send('{"value": 1}');
});
afterAll(() => probe.close());

function send(body: string | Buffer, headers: Record<string, string> = {}) {
  return probe.call({ method: 'POST', path: '/echo', body, headers });
}

/** Time of this process, the least of three, so that only the body's own cost counts on a busy machine. */
async function sendTimed(body: string | Buffer) {
  const durations: number[] = [];
  for (let i = 1; ; i += 1) {
    const before = process.cpuUsage();
    const answer = await send(body);
    const { user, system } = process.cpuUsage(before);
    durations.push((user + system) / 1_000);
    if (i === 3) return { answer, duration_ms: Math.min(...durations) };
  }
}

/** Text of exactly the largest size that a body may have, between `head` and `tail`. */
function filled(head: string, unit: string, tail: string): string {
  const room = MAX_BODY_BYTES - Buffer.byteLength(head + tail);
  return head + unit.repeat(Math.floor(room / Buffer.byteLength(unit))) + tail;
}

describe('a JSON body', () => {
  it('reaches the route as it was meant, whatever JSON it is', async () => {
    const value = fc.jsonValue({ maxDepth: 5, noUnicodeString: false });
    const withoutNul = value.filter(
      (v) => !/\\u0000|__proto__|constructor/.test(JSON.stringify(v)),
    );
    await fc.assert(
      fc.asyncProperty(withoutNul, async (value) => {
        const answer = await send(JSON.stringify({ value }));
        expect(answer.statusCode).toBe(200);
        expect(answer.json().json).toBe(JSON.stringify(value));
      }),
    );
  });

  it.each([
    ['with a byte order mark', '\ufeff{"value":1}', '1'],
    ['with white space around', '\n\t {"value" : 1 } \r\n', '1'],
    ['of the text \\u0000, its backslash escaped', '{"value":"\\\\u0000"}', '"\\\\u0000"'],
    ['with a pair of escaped surrogates', '{"value":"\\ud83c\\udf45"}', '"🍅"'],
    [
      'with brackets and digits inside of text',
      `{"value":"${'[{1'.repeat(50)}${'1'.repeat(50)}\\""}`,
      JSON.stringify(`${'[{1'.repeat(50)}${'1'.repeat(50)}"`),
    ],
    [
      'nested as deep as allowed',
      `{"value":${'['.repeat(31)}${']'.repeat(31)}}`,
      '['.repeat(31) + ']'.repeat(31),
    ],
    ['with a number as long as allowed', `{"value":1${'0'.repeat(31)}}`, '1e+31'],
  ])('%s is read', async (_what, body, json) => {
    const answer = await send(body);
    expect([answer.statusCode, answer.json().json]).toEqual([200, json]);
  });

  it('is kept as text for signatures over its bytes', async () => {
    await send('{ "value": "Piña" }');
    expect(lastRaw).toBe('{ "value": "Piña" }');
  });

  it('may name its charset', async () => {
    expect(
      (await send('{"value":1}', { 'content-type': 'application/json; charset=utf-8' })).statusCode,
    ).toBe(200);
  });
});

describe('refused with 400, quickly:', () => {
  it.each([
    ['a NUL character', '{"value":"a\0b"}', 'NUL'],
    ['an escaped NUL character', '{"value":"a\\u0000b"}', 'NUL'],
    ['an escaped NUL after an escaped backslash', '{"value":"\\\\\\u0000"}', 'NUL'],
    ['an escaped NUL in a name', '{"value":{"\\u0000":1}}', 'NUL'],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"value":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      'UTF-8',
    ],
    [
      'a surrogate in UTF-8',
      Buffer.concat([
        Buffer.from('{"value":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from('"}'),
      ]),
      'UTF-8',
    ],
    ['a lone high surrogate', '{"value":"\\ud800"}', 'Unicode'],
    ['a lone low surrogate', '{"value":["a",{"b":"\\uDC00x"}]}', 'Unicode'],
    ['a lone surrogate in a name', '{"value":{"\\ud800":1}}', 'Unicode'],
    ['__proto__', '{"__proto__":{"is_admin":true},"value":1}', 'not valid JSON'],
    ['__proto__, escaped', '{"\\u005f\\u005fproto\\u005f\\u005f":{},"value":1}', 'not valid JSON'],
    ['__proto__, further down', '{"value":[{"__proto__":1}]}', 'not valid JSON'],
    ['constructor.prototype', '{"constructor":{"prototype":{}},"value":1}', 'not valid JSON'],
    ['an array 20,000 deep', '['.repeat(20_000) + ']'.repeat(20_000), 'deeper than 32'],
    [
      'objects and arrays 33 deep',
      `{"value":${'[{"a":'.repeat(16)}1${'}]'.repeat(16)}}`,
      'deeper than 32',
    ],
    ['opening brackets alone', filled('', '[', ''), 'deeper than 32'],
    [
      'a number of a quarter of a million digits',
      filled('{"value":', '1', '}'),
      'more than 32 digits',
    ],
    ['such a number, negative', filled('{"value":-', '1', '}'), 'more than 32 digits'],
    ['as many decimal places', filled('{"value":1.', '0', '}'), 'more than 32 digits'],
    ['an exponent of as many digits', filled('{"value":1e', '0', '1}'), 'more than 32 digits'],
    ['more than 10,000 members', filled('{"value":[1', ',1', ']}'), 'more than 10000 members'],
    [
      'escaped quotes and then a line break',
      filled('{"value":"', '\\"', '\\\n"}'),
      'not valid JSON',
    ],
    ['quotes alone', filled('', '"', ''), 'not valid JSON'],
    ['backslashes alone', filled('', '\\', ''), 'not valid JSON'],
    ['text without end', filled('{"value":"', 'a', ''), 'not valid JSON'],
    ['white space alone', filled('', ' ', ''), 'not valid JSON'],
    ['a comma too much', '{"value":1,}', 'not valid JSON'],
    ['a comment', '{"value":1} // one', 'not valid JSON'],
    ['two values', '{"value":1}{"value":2}', 'not valid JSON'],
    ['NaN', '{"value":NaN}', 'not valid JSON'],
    ['single quotes', "{'value':1}", 'not valid JSON'],
  ])('%s', async (_what, body, words) => {
    const { answer, duration_ms } = await sendTimed(body);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
    expect(answer.json().detail).toContain(words);
    expect(duration_ms).toBeLessThan(MAX_REFUSAL_MS);
  });

  it.each([
    ['nothing at all', '', 'must be an object'],
    ['a list', '[]', 'must be an object'],
    ['null', 'null', 'must be an object'],
    ['a bare text', '"value"', 'must be an object'],
  ])('%s where an object is asked for', async (_what, body, words) => {
    const answer = await send(body);
    expect([answer.statusCode, answer.json().detail]).toEqual([
      400,
      expect.stringContaining(words),
    ]);
  });
});

describe('refused by its head:', () => {
  it('a body of more than 256 KiB is 413, before it is read', async () => {
    const { answer, duration_ms } = await sendTimed(`${filled('{"value":"', 'a', '"}')} `);
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(duration_ms).toBeLessThan(MAX_REFUSAL_MS);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'text/json',
    'nonsense',
  ])('a body of type %s is 415', async (type) => {
    const answer = await send('{"value":1}', { 'content-type': type });
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('a body without a type is 415', async () => {
    const answer = await probe.app.inject({
      method: 'POST',
      url: '/api/v1/echo',
      payload: Buffer.from('{"value":1}'),
    });
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});
