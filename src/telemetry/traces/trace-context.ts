// W3C Trace Context: where in which trace something happens, as it travels in headers and beside stored data.
import { randomFillSync } from 'node:crypto';

export interface TraceContext {
  /** 32 hexadecimal digits, the same for all that one request sets in motion. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the step of the trace that what follows belongs to. */
  readonly spanId: string;
  /** Whether those before us record this trace. */
  readonly isSampled: boolean;
}

const TRACE_ID_LENGTH = 32;
/** Those of a trace id and a span id together. */
const ID_BYTES = 24;
const TRACES_IN_STOCK = 256;
const SAMPLED = 0b1;
/** Version `ff` is forbidden, all zeros mean "invalid", and only versions after `00` may say more. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})($|-)/;
/** Beside stored data, under a name that no schema of ours uses. */
const MEMBER = '$traceparent';

/** The context in a `traceparent` header; undefined where there is none or it is malformed. */
export function parseTraceparent(header: unknown): TraceContext | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, spanId, flags = '', rest] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (version === '00' && rest !== '') return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

// In stock because every request takes some, and asking for few takes as long as asking for many.
const stock = Buffer.alloc(TRACES_IN_STOCK * ID_BYTES);
let taken = stock.length;

/** The beginning of a trace that nobody records. */
export function newTrace(): TraceContext {
  if (taken === stock.length) {
    randomFillSync(stock);
    taken = 0;
  }
  const ids = stock.toString('hex', taken, taken + ID_BYTES);
  taken += ID_BYTES;
  return {
    traceId: ids.slice(0, TRACE_ID_LENGTH),
    spanId: ids.slice(TRACE_ID_LENGTH),
    isSampled: false,
  };
}

/** The header that carries a trace to whomever we call; none where there is no trace. */
export function traceHeaders(trace: TraceContext | undefined): Record<string, string> {
  return trace === undefined ? {} : { traceparent: formatTraceparent(trace) };
}

/** `data` as they are stored: with the trace beside them, where there is one. */
export function attachTrace<Data extends object>(
  data: Data,
  trace: TraceContext | undefined,
): Data & { readonly [MEMBER]?: string } {
  return trace === undefined ? data : { ...data, [MEMBER]: formatTraceparent(trace) };
}

/** Stored data apart from their trace; data that were stored without one, and whatever else, stay as they are. */
export function detachTrace(stored: unknown): {
  readonly data: unknown;
  readonly trace: TraceContext | undefined;
} {
  if (typeof stored !== 'object' || stored === null || !Object.hasOwn(stored, MEMBER))
    return { data: stored, trace: undefined };
  const { [MEMBER]: traceparent, ...data } = stored as Record<string, unknown>;
  return { data, trace: parseTraceparent(traceparent) };
}
