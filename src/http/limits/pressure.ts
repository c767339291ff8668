// Whether there is more to do than this process can: signs of overload, boiled down to a level that does not flap.

/** One sign of overload; at `threshold` the least important requests are refused. */
export interface Signal {
  readonly name: string;
  readonly threshold: number;
  value(): number;
}

/** From this multiple of a threshold each level holds: at 1 browsing is refused, at 2 all but what is critical, at 3 that too. */
const LEVELS_FROM = [1, 2, 4];
/** A level ends below this share of where it began, and only after so many samples in a row. */
const FALL_RATIO = 0.7;
const CALM_SAMPLES = 5;

export interface Pressure {
  /** 0 to 3. Rises at once with the signals. */
  level(): number;
  /** Lets the level fall by one where it is time; to be called in even intervals. */
  relax(): void;
}

export interface PressureOptions {
  readonly signals: readonly Signal[];
  /** Called with each new level, and the values of all signals. */
  readonly onChange: (level: number, values: Readonly<Record<string, number>>) => void;
}

export function createPressure({ signals, onChange }: PressureOptions): Pressure {
  let level = 0;
  let calmSamples = 0;
  const load = () => {
    let highest = 0;
    for (const signal of signals) highest = Math.max(highest, signal.value() / signal.threshold);
    return highest;
  };
  const changeTo = (next: number) => {
    level = next;
    calmSamples = 0;
    onChange(level, Object.fromEntries(signals.map((signal) => [signal.name, signal.value()])));
  };
  return {
    level() {
      const reached = levelOf(load());
      if (reached > level) changeTo(reached);
      return level;
    },
    relax() {
      const from = LEVELS_FROM[level - 1];
      if (from === undefined) return;
      calmSamples = load() < from * FALL_RATIO ? calmSamples + 1 : 0;
      if (calmSamples === CALM_SAMPLES) changeTo(level - 1);
    },
  };
}

function levelOf(load: number): number {
  const next = LEVELS_FROM.findIndex((from) => load < from);
  return next === -1 ? LEVELS_FROM.length : next;
}

const TICK_MS = 20;
const SAMPLE_INTERVAL_MS = 100;
/** One long pause, of a garbage collection or a start, is no overload. */
const SUSTAINED_SAMPLES = 3;

export interface LoopDelay {
  /** By how much timers were late at worst in each of the last samples: the least of these. */
  sustained_ms(): number;
  stop(): void;
}

/**
 * Measures how late a timer comes; `onSample` is called after each sample. Not `monitorEventLoopDelay`: it forgets the
 * running interval at each reset, so that of a loop that turns once a sample it sees nothing.
 */
export function watchLoopDelay(onSample: () => void): LoopDelay {
  const samples_ms: number[] = Array(SUSTAINED_SAMPLES).fill(0);
  let sustained_ms = 0;
  let worst_ms = 0;
  let ticked_at_ms = performance.now();
  let sampled_at_ms = ticked_at_ms;
  const timer = setInterval(() => {
    const now_ms = performance.now();
    worst_ms = Math.max(worst_ms, now_ms - ticked_at_ms - TICK_MS);
    ticked_at_ms = now_ms;
    if (now_ms - sampled_at_ms < SAMPLE_INTERVAL_MS) return;
    sampled_at_ms = now_ms;
    samples_ms.shift();
    samples_ms.push(worst_ms);
    sustained_ms = Math.min(...samples_ms);
    worst_ms = 0;
    onSample();
  }, TICK_MS).unref();
  return { sustained_ms: () => sustained_ms, stop: () => clearInterval(timer) };
}
