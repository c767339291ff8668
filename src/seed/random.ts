// Chance that repeats itself: the same seed gives the same numbers and ids on every machine.

export interface Random {
  /** From 0 up to, but not including, 1. */
  fraction(): number;
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError where there is nothing to pick from */
  pick<T>(items: readonly T[]): T;
  /** Picks by weight: `[['often', 9], ['rarely', 1]]`. */
  weighted<T>(options: readonly (readonly [T, number])[]): T;
  /** A moment from `low` up to `high`. */
  moment(low: Date, high: Date): Date;
  /** A UUIDv7 of that moment, so that it sorts among others as its row does. */
  id(at: Date): string;
  bytes(count: number): Buffer;
}

export function createRandom(seed: number): Random {
  const next = xoshiro128(seed);
  const fraction = () => next() / 2 ** 32;
  const integer = (low: number, high: number) => low + Math.floor(fraction() * (high - low + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError('there is nothing to pick from');
    return item;
  };
  return {
    fraction,
    integer,
    pick,
    chance: (probability) => fraction() < probability,
    weighted: (options) => {
      let left = fraction() * options.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [option, weight] of options) {
        left -= weight;
        if (left < 0) return option;
      }
      throw new RangeError('there is nothing to pick from');
    },
    moment: (low, high) =>
      new Date(low.getTime() + Math.floor(fraction() * (high.getTime() - low.getTime()))),
    id: (at) => uuidv7(at, next),
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => next() & 0xff)),
  };
}

/** xoshiro128** 1.1 of Blackman and Vigna (public domain), its state filled by splitmix32. */
function xoshiro128(seed: number): () => number {
  let mixed = seed | 0;
  const splitmix = () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function uuidv7(at: Date, next: () => number): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  const [a, b, c] = [next(), next(), next()];
  const version = (0x7000 | (a & 0xfff)).toString(16);
  const variant = (0x8000 | ((a >>> 12) & 0x3fff)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${hex(b, 8)}${hex(c & 0xffff, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
