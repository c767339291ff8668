// ETags: `"<version>-<digest of the bytes>"`. Readers compare all of it, editors the version alone.
import { hash } from 'node:crypto';
import type { ExpectedVersions } from '../../lib/versions.ts';

const DIGEST_LENGTH = 16;

export function etagOf(version: number, bytes: string | Buffer): string {
  return `"${version}-${hash('sha1', bytes, 'base64url').slice(0, DIGEST_LENGTH)}"`;
}

/** Whether the reader already has these bytes. */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

/** Reads `If-Match`: `"3"`, `"3-abc…"`, a list of them, or `*`. What it cannot read matches nothing. */
export function expectedVersions(ifMatch: string | undefined): ExpectedVersions {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return ifMatch.split(',').flatMap((candidate) => {
    const version = /^"(\d{1,9})(?:-[^"]*)?"$/.exec(candidate.trim())?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}
