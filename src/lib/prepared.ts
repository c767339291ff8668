// What is made before a transaction begins, and undone where the transaction then has no use for it.

/** What was done before the transaction, and how it is undone where the transaction does not need it. */
export interface Prepared<T> {
  readonly value: T;
  discard(): Promise<void>;
}
