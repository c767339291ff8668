// Signed requests to an S3 server, in the form that every compatible server understands: the bucket in the path, the whole
// body in one request, its SHA-256 under the signature. Whatever hangs or fails is bounded here.
import aws4 from 'aws4';
import { BreakerOpen, createBreaker } from '../../lib/flow/breaker.ts';
import { createLimiter } from '../../lib/flow/limiter.ts';
import { type Clock, SECOND_MS } from '../../lib/time.ts';
import { digestOf, StorageRefused, storageUnavailable } from './storage.ts';

/** Longest that one try of a request may take, from the look-up of the name to the last byte of the answer. */
export const S3_TIMEOUT_MS = 5 * SECOND_MS;
/** The same for one that sends a file: 5 MiB at 3 Mbit/s. */
export const S3_PUT_TIMEOUT_MS = 15 * SECOND_MS;
/** A connection that broke or an answer of 5xx is tried once more; what was slow is not: it would be slower still. */
const MAX_TRIES = 2;
const RETRY_DELAY_MS = 100;
/** Of one process; more wait, and more than can wait are refused at once. */
const MAX_CONNECTIONS = 32;
const MAX_WAITING = 64;
/** So many failures in a row are not chance: for the cooldown nobody waits for a server that is away. */
const BREAKER_FAILURES = 3;
const BREAKER_COOLDOWN_MS = 2 * SECOND_MS;

/** Slow down, and every kind of being away. */
const TRY_AGAIN = new Set([429, 500, 502, 503, 504]);
const NOTHING = Buffer.alloc(0);

export interface S3Options {
  /** `https://s3.ap-southeast-1.amazonaws.com`; may have a path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For the breaker. Signatures take the time of the machine: servers refuse one that is 15 minutes off. */
  readonly clock: Clock;
  readonly timeout_ms?: number;
  readonly putTimeout_ms?: number;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface S3Answer {
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * What was asked for, or undefined where there is no such key.
 * @throws Problem SERVICE_UNAVAILABLE without an answer in time, StorageRefused where the answer is a refusal
 */
export type S3Send = (request: S3Request) => Promise<S3Answer | undefined>;

/** Connects to nothing yet. */
export function createS3Client(options: S3Options): S3Send {
  const limiter = createLimiter({
    concurrency: MAX_CONNECTIONS,
    maxWaiting: MAX_WAITING,
    onFull: () => storageUnavailable(new Error('too many requests wait for the S3 server')),
  });
  const breaker = createBreaker({
    failures: BREAKER_FAILURES,
    cooldown_ms: BREAKER_COOLDOWN_MS,
    clock: options.clock,
  });
  return async (request) => {
    const response = await limiter.run(() =>
      breaker.run(() => sendPatiently(options, request)).catch(explainAbsence),
    );
    return understand(request, response);
  };
}

/** Everything short of an answer; `fetch` hides what happened in the cause of its error. */
function explainAbsence(error: unknown): never {
  const isNamed = error instanceof BreakerOpen || !(error instanceof Error) || !error.cause;
  throw storageUnavailable(isNamed ? error : error.cause);
}

interface RawAnswer extends S3Answer {
  readonly status: number;
}

/** @throws Error without an answer that will stand */
async function sendPatiently(options: S3Options, request: S3Request): Promise<RawAnswer> {
  for (let tries = 1; ; tries += 1) {
    const isLast = tries === MAX_TRIES;
    try {
      const answer = await sendOnce(options, request);
      if (!TRY_AGAIN.has(answer.status)) return answer;
      if (isLast) throw new Error(`the S3 server answered ${answer.status}`);
    } catch (error) {
      if (isLast || isTimeout(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
  }
}

async function sendOnce(options: S3Options, request: S3Request): Promise<RawAnswer> {
  const { timeout_ms = S3_TIMEOUT_MS, putTimeout_ms = S3_PUT_TIMEOUT_MS } = options;
  const { url, headers } = sign(options, request);
  const response = await fetch(url, {
    method: request.method,
    headers,
    body: request.body ?? null,
    // A server that leads elsewhere is the wrong one, or of another region.
    redirect: 'manual',
    signal: AbortSignal.timeout(request.method === 'PUT' ? putTimeout_ms : timeout_ms),
  });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body };
}

function sign(options: S3Options, { method, key, query, headers, body }: S3Request) {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = options;
  const url = new URL(endpoint);
  const path = [url.pathname.replace(/\/$/, ''), bucket, ...(key === undefined ? [] : [key])];
  url.pathname = path.join('/');
  url.search = new URLSearchParams(query).toString();
  const signed = aws4.sign(
    {
      method,
      host: url.host,
      path: url.pathname + url.search,
      service: 's3',
      region,
      headers: { ...headers, 'X-Amz-Content-Sha256': digestOf(body ?? NOTHING) },
    },
    { accessKeyId, secretAccessKey },
  );
  // Sent by `fetch` itself, and the same that was signed.
  const { Host: _, ...sent } = signed.headers as Record<string, string>;
  return { url, headers: sent };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function understand(request: S3Request, answer: RawAnswer): S3Answer | undefined {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return answer;
  // No more than the code: some servers repeat the key id and what was signed.
  const code = /<Code>(\w+)<\/Code>/.exec(body.toString('utf8'))?.[1] ?? `status ${status}`;
  const isKeyAbsent = request.key !== undefined && code !== 'NoSuchBucket';
  if (status === 404 && isKeyAbsent) return undefined;
  throw new StorageRefused(`the S3 server refused ${request.method}: ${code}`);
}
