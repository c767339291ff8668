// How busy this machine is: shares of processor, memory and disk in use, in percent.
import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';

export interface SystemLoad {
  readonly cpu_percent: number;
  readonly memory_percent: number;
  readonly disk_percent: number;
}

/** Of all processors since the machine started. */
export interface CpuTimes {
  readonly idle_ms: number;
  readonly total_ms: number;
}

/** Measures the processor between one call and the next, and the disk that holds `folder`. */
export function createSystemGauge(
  folder: string,
  readTimes: () => CpuTimes = readCpuTimes,
): () => Promise<SystemLoad> {
  let last = readTimes();
  return async () => {
    const before = last;
    last = readTimes();
    return {
      cpu_percent: cpuPercent(before, last),
      memory_percent: memoryPercent(),
      disk_percent: await diskPercent(folder),
    };
  };
}

function readCpuTimes(): CpuTimes {
  const times = cpus().map((cpu) => cpu.times);
  const total_ms = times
    .flatMap((time) => Object.values(time))
    .reduce((sum: number, value) => sum + value, 0);
  return { idle_ms: times.reduce((sum, time) => sum + time.idle, 0), total_ms };
}

function cpuPercent(before: CpuTimes, after: CpuTimes): number {
  const total_ms = after.total_ms - before.total_ms;
  if (total_ms === 0) return 0;
  return percent(1 - (after.idle_ms - before.idle_ms) / total_ms);
}

/** Of the container's limit where it has one. */
function memoryPercent(): number {
  const limit = Math.min(process.constrainedMemory() || totalmem(), totalmem());
  return percent(1 - Math.min(process.availableMemory(), limit) / limit);
}

/** The share that is gone for ordinary accounts, as `df` shows it. */
async function diskPercent(folder: string): Promise<number> {
  // The folder appears with the first upload; until then its disk is that of the project.
  const disk = await statfs(folder).catch(() => statfs('.'));
  const used = disk.blocks - disk.bfree;
  return percent(used / (used + disk.bavail));
}

function percent(share: number): number {
  return Math.round(Math.min(Math.max(share, 0), 1) * 1_000) / 10;
}
