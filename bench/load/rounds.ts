// Two sides measured in turn: what slows the machine down for a while then slows down both.
import { type Spread, spreadOf } from './statistics.ts';

export interface Measured {
  readonly per_second: number;
  /** Of the process that answers; absent where it is not known. */
  readonly cpu_us?: number | undefined;
}

/** Measures once. */
export type Side = () => Promise<Measured>;

export interface Comparison {
  /** Medians over the rounds. */
  readonly api: Measured;
  readonly floor: Measured;
  /** Requests per second of the API as a share of the floor's, round by round. */
  readonly ratio: Spread;
}

/** After one round that is not counted; who comes first changes with each round. */
export async function compare(api: Side, floor: Side, rounds: number): Promise<Comparison> {
  await api();
  await floor();
  const pairs: { api: Measured; floor: Measured }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) pairs.push({ api: await api(), floor: await floor() });
    else {
      const first = await floor();
      pairs.push({ api: await api(), floor: first });
    }
  }
  return {
    api: medianOf(pairs.map((pair) => pair.api)),
    floor: medianOf(pairs.map((pair) => pair.floor)),
    ratio: spreadOf(pairs.map((pair) => pair.api.per_second / pair.floor.per_second)),
  };
}

function medianOf(list: readonly Measured[]): Measured {
  const cpu = list.flatMap(({ cpu_us }) => cpu_us ?? []);
  return {
    per_second: spreadOf(list.map(({ per_second }) => per_second)).median,
    cpu_us: cpu.length === 0 ? undefined : spreadOf(cpu).median,
  };
}
