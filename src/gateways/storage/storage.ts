// The port behind which uploaded files are kept. Keys look like `images/<id>/large.webp`; what lies under one is put once
// and never changes afterwards.
import { createHash } from 'node:crypto';
import { Problem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';

/** Files are images of a few hundred kilobytes, so they travel as a whole. A malformed key throws a RangeError. */
export interface FileStorage {
  /** Whoever reads meanwhile gets the old content or the new one, never a part. */
  put(key: string, content: Buffer): Promise<void>;
  /** The content, or undefined where there is none. */
  get(key: string): Promise<Buffer | undefined>;
  /** What is not there is as good as removed. */
  remove(key: string): Promise<void>;
  /** SHA-256 of the content in hex, or undefined where there is none. */
  digest(key: string): Promise<string | undefined>;
  /** Every file, in no order that could be relied on; what is put or removed meanwhile may be missed. */
  list(): AsyncIterable<StoredFile>;
  /** Removes what puts that broke off before this moment have left behind. */
  removeUnfinished(before: Date): Promise<void>;
}

export interface StoredFile {
  readonly key: string;
  readonly size_bytes: number;
  readonly changed_at: Date;
}

export const MAX_KEY_LENGTH = 200;

/** Segments of lower-case letters, digits, `_`, `-` and inner dots: nothing that leaves a folder can be written so. */
const KEY = /^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)*(?:\/[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)*)*$/;

export function isKey(text: string): boolean {
  return text.length <= MAX_KEY_LENGTH && KEY.test(text);
}

/** @throws RangeError where it is none */
export function requireKey(key: string): void {
  if (!isKey(key))
    throw new RangeError(`${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} is not a storage key`);
}

export function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The problem while the storage does not answer. */
export function storageUnavailable(cause: unknown): Problem {
  return new Problem(
    SERVICE_UNAVAILABLE,
    'Images can be neither read nor kept at the moment. Try again shortly.',
    { cause },
  );
}

/** The storage answered and refused: a wrong key, no such bucket, a missing permission. An operator has to fix that. */
export class StorageRefused extends Error {
  override readonly name = 'StorageRefused';
}
