// What the cache keeps.

/** A successful answer of a public route, as it was made for nobody in particular. */
export interface CachedAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Of the object that it shows; 0 for lists. */
  readonly version: number;
}
