import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attachTrace,
  detachTrace,
  formatTraceparent,
  newTrace,
  parseTraceparent,
  traceHeaders,
} from './trace-context.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
const SAMPLED = { traceId: TRACE_ID, spanId: SPAN_ID, isSampled: true };

describe('parseTraceparent', () => {
  it.each([
    ['00', '01', true],
    ['00', '00', false],
    ['00', '03', true],
    ['00', '02', false],
  ])('reads version %s with flags %s', (version, flags, isSampled) => {
    const header = `${version}-${TRACE_ID}-${SPAN_ID}-${flags}`;
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, isSampled });
  });

  it.each([
    ['a later version', `cc-${TRACE_ID}-${SPAN_ID}-01`],
    ['a later version that says more', `cc-${TRACE_ID}-${SPAN_ID}-01-what-the-future-holds`],
  ])('reads %s as far as it is known', (_what, header) => {
    expect(parseTraceparent(header)).toEqual(SAMPLED);
  });

  it.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['two of them', `00-${TRACE_ID}-${SPAN_ID}-01, 00-${TRACE_ID}-${SPAN_ID}-01`],
    ['version ff', `ff-${TRACE_ID}-${SPAN_ID}-01`],
    ['version 00 that says more', `00-${TRACE_ID}-${SPAN_ID}-01-more`],
    ['a later version that runs on', `cc-${TRACE_ID}-${SPAN_ID}-01more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['a parent of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
    ['a short trace', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
    ['a short parent', `00-${TRACE_ID}-${SPAN_ID.slice(1)}-01`],
    ['flags that are no number', `00-${TRACE_ID}-${SPAN_ID}-zz`],
    ['no flags', `00-${TRACE_ID}-${SPAN_ID}`],
    ['a line break', `00-${TRACE_ID}-${SPAN_ID}-01\n`],
    ['something in front', ` 00-${TRACE_ID}-${SPAN_ID}-01`],
  ])('ignores %s', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.anything(), (header) => parseTraceparent(header) === undefined));
  });

  it('reads what was written', () => {
    const digits = (length: number) =>
      fc
        .string({
          unit: fc.constantFrom(...'0123456789abcdef'),
          minLength: length,
          maxLength: length,
        })
        .filter((text) => /[^0]/.test(text));
    const trace = fc.record({ traceId: digits(32), spanId: digits(16), isSampled: fc.boolean() });
    fc.assert(
      fc.property(trace, (given) => {
        expect(parseTraceparent(formatTraceparent(given))).toEqual(given);
      }),
    );
  });
});

describe('a new trace', () => {
  it('is valid, of its own, and recorded by nobody', () => {
    const traces = Array.from({ length: 1_000 }, newTrace);
    for (const trace of traces) expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
    expect(traces.some(({ isSampled }) => isSampled)).toBe(false);
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(traces.length);
    expect(new Set(traces.map(({ spanId }) => spanId)).size).toBe(traces.length);
  });
});

describe('beside stored data', () => {
  it('a trace comes back and the data are as they were', () => {
    const stored: unknown = JSON.parse(JSON.stringify(attachTrace({ n: 1 }, SAMPLED)));
    expect(stored).not.toEqual({ n: 1 });
    expect(detachTrace(stored)).toEqual({ data: { n: 1 }, trace: SAMPLED });
  });

  it('no trace leaves no mark', () => {
    expect(attachTrace({ n: 1 }, undefined)).toEqual({ n: 1 });
  });

  it.each([{ n: 1 }, {}, [], null, undefined, 'text', 7])(
    'what was stored without one stays as it is: %j',
    (stored) => {
      expect(detachTrace(stored)).toEqual({ data: stored, trace: undefined });
    },
  );

  it('a malformed trace is ignored, and still no part of the data', () => {
    const stored = { ...attachTrace({ n: 1 }, SAMPLED), $traceparent: 7 };
    expect(detachTrace(stored)).toEqual({ data: { n: 1 }, trace: undefined });
  });
});

describe('traceHeaders', () => {
  it('carries a trace to whomever we call, and nothing where there is none', () => {
    expect(traceHeaders(SAMPLED)).toEqual({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` });
    expect(traceHeaders(undefined)).toEqual({});
  });
});
