import { Type } from 'typebox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsIn, openSink, type Sink, spansIn } from '../../test/support/network/sink.ts';
import { systemClock } from '../lib/time.ts';
import { createErrorReports, type ErrorReports } from '../telemetry/errors/error-reports.ts';
import { createTracing } from '../telemetry/traces/opentelemetry.ts';
import { newTrace } from '../telemetry/traces/trace-context.ts';
import type { Tracing } from '../telemetry/traces/tracing.ts';
import { defineJob } from './define.ts';
import { type Bench, type Ctx, openBench, PATIENCE, skipRetryDelays } from './jobs.testkit.ts';
import { startWorker, type Worker } from './worker.ts';

const Numbered = Type.Object({ n: Type.Integer() }, { additionalProperties: false });
const PARENT = { ...newTrace(), isSampled: true };

const seen: string[] = [];
const good = defineJob({ name: 'good', data: Numbered }, async ({ job }: Ctx, { n }) => {
  job.log.info('at work');
  seen.push(`${n} ${job.activity.trace.traceId}`);
});
const poison = defineJob({ name: 'poison', data: Numbered, retryLimit: 1 }, async (_ctx: Ctx) => {
  throw new RangeError('no room for maria@example.com');
});
const strange = defineJob({ name: 'strange', data: Numbered }, async (_ctx: Ctx) => {
  throw 'nothing';
});
const all = [good, poison, strange];

let sink: Sink;
let bench: Bench;
let worker: Worker | undefined;
beforeEach(async () => {
  seen.length = 0;
  sink = await openSink();
  bench = await openBench(all);
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await bench.close();
  await sink.close();
});

interface Telemetry {
  readonly tracing?: Tracing;
  readonly errorReports?: ErrorReports;
}

async function work(telemetry: Telemetry = {}): Promise<void> {
  const { url: databaseUrl, log } = bench.scratch;
  const makeContext = (job: Ctx['job']) => ({ job });
  worker = await startWorker<Ctx>({ databaseUrl, log, jobs: all, makeContext, ...telemetry });
}

function openTelemetry() {
  const facts = { version: '1.0.0', environment: 'test', log: bench.scratch.log };
  const tracing = createTracing({ endpoint: sink.url, serviceName: 'market', ratio: 1, ...facts });
  const dsn = `http://key@${sink.host}/1`;
  const errorReports = createErrorReports({ dsn, sampleRate: 1, clock: systemClock, ...facts });
  return { tracing, errorReports };
}

describe('a run of a job', () => {
  it('belongs to the trace of whoever enqueued it, in what it sees and in what it logs', async () => {
    await bench.jobs.enqueue(bench.scratch.db, good, { n: 1 }, { trace: PARENT });
    await work();
    await expect.poll(() => seen, PATIENCE).toEqual([`1 ${PARENT.traceId}`]);
    const lines = () => bench.scratch.lines.filter((line) => line['job'] === 'good');
    await expect.poll(() => lines().map(({ msg }) => msg)).toEqual(['at work', 'job done']);
    for (const line of lines()) {
      expect(line).toMatchObject({ trace_id: PARENT.traceId, job_id: expect.any(String) });
    }
  });

  it('begins a trace of its own where it was enqueued before jobs had one', async () => {
    await bench.scratch.pool.query(
      `INSERT INTO pgboss.job (name, data) VALUES ('good', '{"n": 1}'), ('good', '{"n": 2}')`,
    );
    await work();
    await expect.poll(() => seen.length, PATIENCE).toBe(2);
    const traces = seen.map((text) => text.split(' ')[1]);
    expect(traces[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(traces).size).toBe(2);
  });

  it('is a span below the request that enqueued it', async () => {
    const telemetry = openTelemetry();
    await bench.jobs.enqueue(bench.scratch.db, good, { n: 1 }, { trace: PARENT });
    await work(telemetry);
    await expect.poll(() => bench.countOf('good', 'completed'), PATIENCE).toBe(1);
    await telemetry.tracing.close();
    expect(spansIn(sink)).toMatchObject([
      {
        traceId: PARENT.traceId,
        parentSpanId: PARENT.spanId,
        name: 'process good',
        kind: 5,
        attributes: {
          'messaging.system': 'pg-boss',
          'messaging.destination.name': 'good',
          'messaging.message.id': expect.any(String),
        },
      },
    ]);
  });

  it('is reported once it failed for the last time, and each failure is a failed span', async () => {
    const telemetry = openTelemetry();
    await bench.jobs.enqueue(bench.scratch.db, poison, { n: 1 }, { trace: PARENT });
    await work(telemetry);
    await expect
      .poll(async () => {
        await skipRetryDelays(bench.scratch.db);
        return bench.countOf('poison.dead', 'created');
      }, PATIENCE)
      .toBe(1);
    await telemetry.tracing.close();
    await telemetry.errorReports.close();
    expect(
      spansIn(sink).map(({ status, attributes }) => [status.code, attributes['error.type']]),
    ).toEqual([
      [2, 'RangeError'],
      [2, 'RangeError'],
    ]);
    expect(eventsIn(sink)).toMatchObject([
      {
        transaction: 'poison',
        tags: { job: 'poison', job_id: expect.any(String) },
        contexts: { trace: { trace_id: PARENT.traceId } },
        exception: { values: [{ type: 'RangeError', value: 'no room for [email]' }] },
      },
    ]);
  });

  it('is reported at once where its data can never fit, without them', async () => {
    const telemetry = openTelemetry();
    await bench.scratch.pool.query(
      `INSERT INTO pgboss.job (name, data, retry_limit, dead_letter)
       VALUES ('good', '{"n": "maria"}', 5, 'good.dead')`,
    );
    await work(telemetry);
    await expect.poll(() => bench.countOf('good.dead', 'created'), PATIENCE).toBe(1);
    await telemetry.errorReports.close();
    expect(eventsIn(sink)).toMatchObject([{ exception: { values: [{ type: 'InvalidJobData' }] } }]);
    expect(JSON.stringify(sink.received)).not.toContain('maria');
  });

  it('that throws what is no error fails like any other', async () => {
    const telemetry = openTelemetry();
    await bench.jobs.enqueue(bench.scratch.db, strange, { n: 1 });
    await work(telemetry);
    await expect.poll(() => bench.countOf('strange', 'retry'), PATIENCE).toBe(1);
    await telemetry.tracing.close();
    expect(spansIn(sink)).toMatchObject([{ attributes: { 'error.type': 'string' } }]);
  });
});
