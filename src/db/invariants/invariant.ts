// One thing that must hold of every database of ours, and the SQL that finds where it does not.

export interface Invariant {
  /** The sentence that must be true. */
  readonly name: string;
  /** One row for each violation, its `detail` naming the row that breaks the invariant by ids and numbers alone. */
  readonly sql: string;
  /** Whether `$1` is the moment for which the invariant is checked. */
  readonly takesMoment?: true;
}

/** No two rows of `from` share `key`. */
export function uniqueKey(name: string, key: string, from: string): Invariant {
  return {
    name,
    sql: `SELECT format('%s rows share one key', count(*)) AS detail FROM ${from} GROUP BY ${key} HAVING count(*) > 1`,
  };
}
