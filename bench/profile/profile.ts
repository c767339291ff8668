// A CPU profile of the API at one work: written by Node, cut to the time under load, summed up by function.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  /** Microseconds of the machine's monotonic clock. */
  readonly startTime: number;
  /** Node ids, one a sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before, or since the start. */
  readonly timeDeltas: readonly number[];
}

export interface FunctionShare {
  readonly name: string;
  /** File and line, short; empty for what is not JavaScript. */
  readonly place: string;
  /** Of the time that was not idle, 0 to 1. */
  readonly share: number;
}

const PROJECT = new URL('../..', import.meta.url).href;
const IDLE = '(idle)';

/** The profile that a process with `--cpu-prof` left in `dir`. */
export async function readProfile(dir: string): Promise<{ path: string; profile: CpuProfile }> {
  const [name] = (await readdir(dir)).filter((file) => file.endsWith('.cpuprofile'));
  if (name === undefined) throw new Error(`no profile in ${dir}`);
  const path = join(dir, name);
  return { path, profile: JSON.parse(await readFile(path, 'utf8')) as CpuProfile };
}

/** Self time by function between two moments of the monotonic clock in microseconds, the largest first. */
export function functionShares(
  profile: CpuProfile,
  { from_us, to_us }: { readonly from_us: number; readonly to_us: number },
): FunctionShare[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, { name: string; place: string; us: number }>();
  let at_us = profile.startTime;
  let busy_us = 0;
  for (const [i, id] of profile.samples.entries()) {
    const us = profile.timeDeltas[i] ?? 0;
    at_us += us;
    const frame = frames.get(id);
    if (at_us < from_us || at_us > to_us || frame === undefined || frame.functionName === IDLE)
      continue;
    const name = frame.functionName || '(anonymous)';
    const place = placeOf(frame);
    const entry = spent.get(`${name} ${place}`) ?? { name, place, us: 0 };
    entry.us += us;
    busy_us += us;
    spent.set(`${name} ${place}`, entry);
  }
  return [...spent.values()]
    .sort((a, b) => b.us - a.us)
    .map(({ name, place, us }) => ({ name, place, share: us / busy_us }));
}

function placeOf({ url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return '';
  const path = url.startsWith(PROJECT) ? url.slice(PROJECT.length) : shortened(url);
  return `${path}:${lineNumber + 1}`;
}

function shortened(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}
