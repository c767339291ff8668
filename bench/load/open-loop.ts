// Open-loop latency: requests leave at fixed times, whatever became of those before, and each is timed from the moment
// at which it was due. A server that stalls thus pays for everybody who would have waited.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchRequest } from './load.ts';
import { quantile } from './statistics.ts';

export interface OpenLoop {
  readonly origin: string;
  readonly next: () => BenchRequest;
  readonly requests_per_second: number;
  readonly seconds: number;
}

/** In milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const MS_PER_SECOND = 1_000;
const MAX_SOCKETS = 64;

/** @throws Error where any answer is not a success */
export async function measureLatency(loop: OpenLoop): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const interval_ms = MS_PER_SECOND / loop.requests_per_second;
  const count = Math.max(1, Math.round(loop.requests_per_second * loop.seconds));
  const started_ms = performance.now();
  const answers: Promise<number>[] = [];
  try {
    for (let n = 0; n < count; n += 1) {
      const due_ms = started_ms + n * interval_ms;
      const early_ms = due_ms - performance.now();
      if (early_ms > 0) await pause(early_ms);
      const answer = send(loop, agent).then(() => performance.now() - due_ms);
      // Awaited below, once all have left; until then it must not count as unhandled.
      answer.catch(() => {});
      answers.push(answer);
    }
    const latencies = await Promise.all(answers);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(latencies, share));
    return { p50: p50 ?? 0, p95: p95 ?? 0, p99: p99 ?? 0 };
  } finally {
    agent.destroy();
  }
}

function send({ origin, next }: OpenLoop, agent: Agent): Promise<void> {
  const { method, path, headers, body } = next();
  return new Promise((resolve, reject) => {
    const sent = request(origin + path, { agent, method, headers }, (answer) => {
      answer.resume();
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`${path}: answered ${statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
