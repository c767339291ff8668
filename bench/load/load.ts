// Closed-loop load: so many connections, each sending its next request when the last one is answered.
import autocannon from 'autocannon';

export interface BenchRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Load {
  readonly origin: string;
  readonly connections: number;
  /** Called once for each request that is sent. */
  readonly next: () => BenchRequest;
  /** How long, or how many requests; the answers to all of them are awaited. */
  readonly extent: { readonly seconds: number } | { readonly requests: number };
}

export interface LoadResult {
  readonly requests: number;
  /** To the last answer. */
  readonly seconds: number;
}

const SAMPLE_MS = 100;
const MS_PER_SECOND = 1_000;

/** @throws Error where any answer is not a success */
export async function applyLoad({ origin, connections, next, extent }: Load): Promise<LoadResult> {
  const started_ms = performance.now();
  let requests = 0;
  let last_ms = started_ms;
  const run = autocannon({
    url: origin,
    connections,
    sampleInt: SAMPLE_MS,
    requests: [{ setupRequest: (defaults) => ({ ...defaults, ...next() }) }],
    ...('seconds' in extent ? { duration: extent.seconds } : { amount: extent.requests }),
  });
  run.on('response', () => {
    requests += 1;
    last_ms = performance.now();
  });
  const { errors, timeouts, statusCodeStats } = await run;
  const refused = Object.entries(statusCodeStats).filter(([status]) => !status.startsWith('2'));
  if (refused.length > 0 || errors > 0 || requests === 0) {
    const answers = refused.map(([status, { count }]) => `${count} answers of ${status}`);
    const faults = [...answers, `${errors - timeouts} broken connections`, `${timeouts} timeouts`];
    throw new Error(`${next().path}: ${requests} answers, ${faults.join(', ')}`);
  }
  return { requests, seconds: (last_ms - started_ms) / MS_PER_SECOND };
}
