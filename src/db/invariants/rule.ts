// One thing that must hold of every database of ours, and the SQL that finds where it does not.

export interface Rule {
  /** The sentence that must be true. */
  readonly name: string;
  /** One row for each violation, its `detail` naming the row that breaks the rule by ids and numbers alone. */
  readonly sql: string;
  /** Whether `$1` is the moment for which the rule is checked. */
  readonly takesMoment?: true;
}
