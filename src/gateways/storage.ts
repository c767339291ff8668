// The port behind which uploaded files are kept. Keys look like `images/<id>/large.webp`.

export interface FileStorage {
  put(key: string, content: Buffer): Promise<void>;
  /** The content, or undefined where there is none. */
  get(key: string): Promise<Buffer | undefined>;
  remove(key: string): Promise<void>;
}
