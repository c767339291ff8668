// npm run bench: how fast the API is, as a share of what the same machine could do at best at that moment.
// docs/benchmarks.md says what is measured and how to read it.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import {
  type LatencyResult,
  measureDeepPage,
  measureGrowth,
  measureLatencies,
} from './measures/latency.ts';
import { type Bench, measureWork, type WorkResult } from './measures/throughput.ts';
import { WORKS, type Work } from './measures/works.ts';
import { LATENCIES, type Options, readOptions, USAGE, UsageError } from './options.ts';
import { profileWork } from './profile/profiled-work.ts';
import { machineReadable, misses, printable, type Results, shareTable } from './report.ts';
import { openRun, printProgress } from './setup/run.ts';
import { type Stage, setUp, startBench, startLarge } from './setup/stage.ts';

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const { promise: interrupted, resolve } = Promise.withResolvers<number>();
  for (const name of SIGNALS) {
    process.on(name, () => {
      controller.abort();
      resolve(EXIT.interrupted);
    });
  }
  try {
    const options = readOptions(args);
    if (options.help) {
      print(USAGE);
      return EXIT.done;
    }
    await using stack = new AsyncDisposableStack();
    const { signal } = controller;
    return await Promise.race([bench(stack, options, signal), interrupted]);
  } catch (error) {
    if (error instanceof UsageError) printProgress(`${error.message}\n\n${USAGE}`);
    else if (!controller.signal.aborted)
      printProgress(error instanceof Error ? `${error.stack}` : `${error}`);
    if (controller.signal.aborted) return EXIT.interrupted;
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

async function bench(
  stack: AsyncDisposableStack,
  options: Options,
  signal: AbortSignal,
): Promise<number> {
  const run = await openRun(stack, signal);
  const stage = await setUp(run, options.size);
  const profiled = WORKS.find(({ name }) => name === options.profile);
  if (profiled !== undefined) return profile(stage, profiled, options);
  const conditions = describeConditions(options);
  const results = await measure(stage, options);
  print(`${conditions}\n\n${printable(results)}`);
  const missed = misses(results);
  if (missed.length > 0) print(`\nMissed:\n${missed.map((line) => `- ${line}`).join('\n')}`);
  if (options.json !== undefined) {
    const data = { conditions, ...machineReadable(results) };
    await writeFile(options.json, `${JSON.stringify(data, null, 2)}\n`);
  }
  return options.strict && missed.length > 0 ? EXIT.failed : EXIT.done;
}

async function profile(stage: Stage, work: Work, { rounds, seconds }: Options): Promise<number> {
  const { path, top } = await profileWork(stage, work, rounds * seconds);
  print(`${work.title}: self time of the API under load\n\n${shareTable(top)}\n\n${path}`);
  return EXIT.done;
}

async function measure(stage: Stage, options: Options): Promise<Results> {
  const bench = await startBench(stage, options);
  const works: WorkResult[] = [];
  for (const work of WORKS.filter(({ name }) => options.only.includes(name))) {
    const result = await measureWork(bench, work);
    printProgress(`${work.title}: ${result.ratio.median.toFixed(2)} of its floor`);
    works.push(result);
  }
  return { works, latencies: await measureAllLatencies(stage, bench, options) };
}

async function measureAllLatencies(
  stage: Stage,
  bench: Bench,
  options: Options,
): Promise<LatencyResult[]> {
  const results: LatencyResult[] = [];
  const [plain, deep] = LATENCIES;
  if (options.only.includes(plain)) results.push(...(await measureLatencies(bench, options)));
  if (options.only.includes(deep)) results.push(await measureDeepPage(bench, options));
  if (options.withLarge) {
    const large = await startLarge(stage);
    const places = { usual: bench, large, suffix: ', of a million' };
    results.push(...(await measureGrowth(places, options)));
    results.push(await measureDeepPage(large, options));
  }
  return results;
}

function describeConditions({ size, rounds, seconds }: Options): string {
  const [cpu] = cpus();
  return [
    new Date().toISOString().slice(0, 10),
    `${availableParallelism()} × ${cpu?.model ?? 'unknown CPU'}`,
    `Node ${process.version}`,
    `${size} market`,
    `${rounds} rounds of ${seconds} s a side`,
    `load ${loadavg()[0]?.toFixed(1)} before`,
  ].join(', ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
