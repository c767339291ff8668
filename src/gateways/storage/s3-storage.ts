// Uploaded files in a bucket of an S3 server, which every process reaches: for more machines than one.
import { createS3Client, type S3Options } from './s3-client.ts';
import { digestOf, type FileStorage, isKey, requireKey, type StoredFile } from './storage.ts';

/** Kept beside each file, so that what is read can be held against what was put. */
const DIGEST = 'x-amz-meta-sha256';
/** As many as servers list at most. */
const PAGE_SIZE = 1_000;

/**
 * Connects to nothing yet. Without an answer in time every function throws a Problem SERVICE_UNAVAILABLE, and where the
 * server refuses, StorageRefused.
 */
export function createS3Storage(options: S3Options & { readonly pageSize?: number }): FileStorage {
  const { pageSize = PAGE_SIZE } = options;
  const send = createS3Client(options);

  const get = async (key: string): Promise<Buffer | undefined> => {
    requireKey(key);
    const answer = await send({ method: 'GET', key });
    if (answer === undefined) return undefined;
    const digest = answer.headers.get(DIGEST);
    if (digest !== null && digest !== digestOf(answer.body))
      throw new Error(`${key} is not what was put: its SHA-256 is another`);
    return answer.body;
  };
  return {
    async put(key, content) {
      requireKey(key);
      const headers = { 'Content-Type': contentType(key), [DIGEST]: digestOf(content) };
      await send({ method: 'PUT', key, headers, body: content });
    },
    get,
    async remove(key) {
      requireKey(key);
      await send({ method: 'DELETE', key });
    },
    async digest(key) {
      requireKey(key);
      const answer = await send({ method: 'HEAD', key });
      const digest = answer?.headers.get(DIGEST);
      if (answer === undefined || digest) return digest ?? undefined;
      // Somebody else put it there.
      const content = await get(key);
      return content && digestOf(content);
    },
    async *list() {
      let after = '';
      for (;;) {
        const query = {
          'list-type': '2',
          'encoding-type': 'url',
          'max-keys': String(pageSize),
          ...(after === '' ? {} : { 'start-after': after }),
        };
        const answer = await send({ method: 'GET', query });
        const page = parsePage(answer?.body.toString('utf8') ?? '');
        yield* page.files.filter(({ key }) => isKey(key));
        const last = page.files.at(-1);
        if (!page.hasMore || last === undefined) return;
        after = last.key;
      }
    },
    // One request puts a whole file or nothing.
    removeUnfinished: async () => {},
  };
}

function contentType(key: string): string {
  return key.endsWith('.webp') ? 'image/webp' : 'application/octet-stream';
}

/** Keys come percent-encoded, so that nothing in what is looked for here is ever escaped. */
function parsePage(xml: string): { files: StoredFile[]; hasMore: boolean } {
  const text = (part: string, tag: string) =>
    new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(part)?.[1] ?? '';
  const files = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, part = '']) => ({
    key: decodeURIComponent(text(part, 'Key').replaceAll('+', ' ')),
    size_bytes: Number(text(part, 'Size')),
    changed_at: new Date(text(part, 'LastModified')),
  }));
  return { files, hasMore: text(xml, 'IsTruncated') === 'true' };
}
