// Secrets that can be rotated: a comma-separated list whose first signs and encrypts, while all verify and decrypt.

/** Never empty; the current one first. */
export type KeyRing<T> = readonly [T, ...T[]];

/** The ring in a setting such as `new,old`. */
export function keyRing(list: string): KeyRing<string> {
  const [first = '', ...others] = list.split(',');
  return [first, ...others];
}

/** The same ring of what `make` makes of each. */
export function mapRing<T, U>([first, ...others]: KeyRing<T>, make: (key: T) => U): KeyRing<U> {
  return [make(first), ...others.map(make)];
}
