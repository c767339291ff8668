// Traces and error reports of real processes: one trace from a request to the last job that it sets in motion, nothing
// personal on the way out, nothing loaded where nothing is asked for, and no harm from a collector that hangs.
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../src/lib/ids.ts';
import {
  formatTraceparent,
  newTrace,
  type TraceContext,
} from '../../../src/telemetry/traces/trace-context.ts';
import { createActor, type TestActor } from '../../support/actors.ts';
import { type Customer, createCustomer, fillCart, stockProduct } from '../../support/market.ts';
import {
  eventsIn,
  openSink,
  type Sink,
  type SunkSpan,
  spansIn,
} from '../../support/network/sink.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';

const TEST_TIMEOUT_MS = 120_000;
const WAIT = { timeout: 60_000, interval: 50 } as const;

/** Flushing both takes five at most. */
const STOP_TIMEOUT_MS = 15_000;
const USER_AGENT = 'phone of Maria';
const CHECKOUT = 'POST /api/v1/orders/checkout';
const SEND_MESSAGE = 'process notifications.send-message';
const SEND_CODE = 'process auth.send-code';

let bench: ProcessBench;
beforeAll(async () => {
  bench = await createProcessBench();
});
afterAll(() => bench.close());

function endpointsOf({ url, host }: Sink): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: url, SENTRY_DSN: `http://key@${host}/1` };
}

function sampledTrace(): TraceContext {
  return { ...newTrace(), isSampled: true };
}

/** Asks on behalf of a caller who records this trace. */
function ask(
  { url }: ServerProcess,
  trace: TraceContext,
  request: { path: string; customer?: Customer; body?: unknown },
): Promise<Response> {
  const { path, customer, body } = request;
  return fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      traceparent: formatTraceparent(trace),
      'idempotency-key': newId(),
      'user-agent': USER_AGENT,
      ...(customer === undefined ? {} : { authorization: `Bearer ${customer.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** The spans of one trace once these are among them. */
async function traceWith(
  sink: Sink,
  trace: TraceContext,
  names: readonly string[],
): Promise<SunkSpan[]> {
  const spans = () => spansIn(sink).filter(({ traceId }) => traceId === trace.traceId);
  await vi.waitFor(() => {
    expect(spans().map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
  }, WAIT);
  return spans();
}

/** Names from a span up to the first that came from outside. */
function ancestry(spans: readonly SunkSpan[], name: string): string[] {
  const path: string[] = [];
  let span = spans.find((candidate) => candidate.name === name);
  while (span !== undefined) {
    path.push(span.name);
    const parent = span.parentSpanId;
    span = spans.find(({ spanId }) => spanId === parent);
  }
  return path;
}

describe('a process with traces and error reports configured', {
  timeout: TEST_TIMEOUT_MS,
}, () => {
  let sink: Sink;
  let server: ServerProcess;
  let seller: TestActor;
  beforeAll(async () => {
    sink = await openSink();
    seller = await createActor(bench.test, { role: 'seller' });
    server = await bench.start(endpointsOf(sink));
  });
  afterAll(async () => {
    await server.end('SIGKILL');
    await sink.close();
  });

  async function createReadyCustomer(): Promise<Customer> {
    const customer = await createCustomer(bench.test);
    const product = await stockProduct(bench.test, seller.seller_id);
    await fillCart(bench.test, customer, { [product.id]: '1' });
    return customer;
  }

  async function checkOut(trace: TraceContext, payment_method: 'COD' | 'GCASH') {
    const customer = await createReadyCustomer();
    const body = { address_id: customer.address_id, payment_method, notes: 'Ask for Maria' };
    const answer = await ask(server, trace, { path: '/api/v1/orders/checkout', customer, body });
    expect(answer.status).toBe(201);
    const { payment } = (await answer.json()) as { payment: { id: string } };
    return { customer, payment };
  }

  it('an order holds its statements and the messages of its events together', async () => {
    const trace = sampledTrace();
    await checkOut(trace, 'COD');
    const spans = await traceWith(sink, trace, [CHECKOUT, 'COMMIT', SEND_MESSAGE]);
    expect(ancestry(spans, 'COMMIT')).toEqual(['COMMIT', CHECKOUT]);
    expect(ancestry(spans, SEND_MESSAGE)).toEqual([SEND_MESSAGE, CHECKOUT]);
  });

  it('the job that sends a code stands below the request that enqueued it', async () => {
    const trace = sampledTrace();
    const { user_email } = await bench.test.services.db
      .selectFrom('users')
      .select('user_email')
      .where('id', '=', seller.user_id)
      .executeTakeFirstOrThrow();
    const path = '/api/v1/auth/password/forgot';
    await ask(server, trace, { path, body: { user_email } });
    const spans = await traceWith(sink, trace, [SEND_CODE]);
    expect(ancestry(spans, SEND_CODE)).toEqual([SEND_CODE, `POST ${path}`]);
  });

  it('the webhook of a wallet stands in the trace of what set it off', async () => {
    const trace = sampledTrace();
    const { customer, payment } = await checkOut(sampledTrace(), 'GCASH');
    const path = `/dev/payments/${payment.id}/simulate`;
    await ask(server, trace, { path, customer, body: { outcome: 'success' } });
    const webhook = 'POST /api/v1/webhooks/payments/:provider';
    const spans = await traceWith(sink, trace, [webhook, SEND_MESSAGE]);
    const simulate = 'POST /dev/payments/:payment_id/simulate';
    expect(ancestry(spans, SEND_MESSAGE)).toEqual([SEND_MESSAGE, webhook, simulate]);
  });

  it('what nobody foresaw is reported with its trace and request id', async () => {
    const trace = sampledTrace();
    const customer = await createCustomer(bench.test);
    await sql`ALTER TABLE addresses RENAME TO away`.execute(bench.test.services.db);
    const answer = await ask(server, trace, { path: '/api/v1/users/me/addresses', customer });
    await sql`ALTER TABLE away RENAME TO addresses`.execute(bench.test.services.db);
    expect(answer.status).toBe(500);
    await vi.waitFor(() => expect(eventsIn(sink)).toHaveLength(1), WAIT);
    expect(eventsIn(sink)).toMatchObject([
      {
        transaction: 'GET /api/v1/users/me/addresses',
        contexts: { trace: { trace_id: trace.traceId } },
        tags: { request_id: answer.headers.get('x-request-id') },
      },
    ]);
  });

  it('nothing personal of any request leaves, and all that was recorded has left at the end', async () => {
    const trace = sampledTrace();
    const { customer } = await checkOut(sampledTrace(), 'COD');
    const person = await bench.test.services.db
      .selectFrom('users')
      .select(['user_email', 'user_phone', 'first_name', 'user_name'])
      .where('id', '=', customer.user_id)
      .executeTakeFirstOrThrow();
    const search = encodeURIComponent(person.user_email);
    await ask(server, trace, { path: `/api/v1/products?search=${search}`, customer });
    expect(await server.end('SIGTERM')).toBe(0);
    expect(spansIn(sink).some(({ traceId }) => traceId === trace.traceId)).toBe(true);
    const sent = JSON.stringify(sink.received.map(({ path, body }) => [path, body]));
    const planted = ['Ask for Maria', USER_AGENT, customer.token, customer.user_id, '127.0.0.1'];
    for (const personal of [...Object.values(person), ...planted, search]) {
      expect(sent).not.toContain(personal);
    }
  });
});

describe('a process with neither configured', { timeout: TEST_TIMEOUT_MS }, () => {
  it('loads nothing: what records and what reports stays on disk', async () => {
    const loaded = join(tmpdir(), `freshbytes-loaded-${newId()}`);
    const recorder = `import { registerHooks } from 'node:module';
      import { appendFileSync } from 'node:fs';
      registerHooks({ load(url, context, next) {
        appendFileSync(${JSON.stringify(loaded)}, url + '\\n');
        return next(url, context);
      } });`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(recorder)}`;
    const server = await bench.start({ NODE_OPTIONS });
    expect((await fetch(`${server.url}/api/v1/places`)).status).toBe(200);
    await server.end('SIGTERM');
    const urls = (await readFile(loaded, 'utf8')).split('\n');
    await rm(loaded);
    const isLoaded = (pattern: RegExp) => urls.some((url) => pattern.test(url));
    expect(isLoaded(/src\/telemetry\/open\.ts$/)).toBe(true);
    expect(isLoaded(/src\/telemetry\/(opentelemetry|error-reports|sentry-)/)).toBe(false);
    // pg-boss imports the interfaces by itself; what records and sends is in other packages.
    expect(isLoaded(/node_modules\/@opentelemetry\/(?!api\/)/)).toBe(false);
  });
});

describe('a process whose collector and error tracker hang', {
  timeout: TEST_TIMEOUT_MS,
}, () => {
  it('fails no request and stops in time', async () => {
    const sink = await openSink(() => {});
    const server = await bench.start(endpointsOf(sink));
    for (let i = 0; i < 50; i += 1) {
      expect((await ask(server, sampledTrace(), { path: '/api/v1/places' })).status).toBe(200);
    }
    await vi.waitFor(() => expect(sink.received.length).toBeGreaterThan(0), WAIT);
    const began_ms = performance.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(performance.now() - began_ms).toBeLessThan(STOP_TIMEOUT_MS);
    await sink.close();
  });
});
