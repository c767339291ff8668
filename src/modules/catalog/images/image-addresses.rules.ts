// Where images are fetched. What is on sale is public; everything else only by a signed address, which its owner is given.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../../config.ts';
import { appSecret } from '../../../lib/keys/app-secret.ts';
import { keyRing } from '../../../lib/keys/key-ring.ts';
import { DAY_MS } from '../../../lib/time.ts';
import type { ImageSize } from './images.rules.ts';

/** The same all day, so that answers that hold one keep their ETag; good for a day at least, as kept answers are. */
const SIGNATURE_PERIODS = 2;
const SIGNATURE_LENGTH = 22;

export type ImageUrls = Record<ImageSize, string>;

/** For everybody, while the product is on sale. */
export function imageUrls({ publicUrl }: Config, image_id: string, query = ''): ImageUrls {
  const at = (size: ImageSize) => `${publicUrl}/media/${image_id}/${size}${query}`;
  return { small: at('small'), medium: at('medium'), large: at('large') };
}

/** For one to two days, whatever becomes of the product. */
export function signedImageUrls(config: Config, image_id: string, now: Date): ImageUrls {
  const until = (Math.floor(now.getTime() / DAY_MS) + SIGNATURE_PERIODS) * DAY_MS;
  const [signature = ''] = signatures(config, image_id, until);
  return imageUrls(config, image_id, `?until=${until}&signature=${signature}`);
}

export interface Signed {
  /** Milliseconds since 1970. */
  readonly until?: number;
  readonly signature?: string;
}

export function isSigned(
  config: Config,
  image_id: string,
  { until, signature, now }: Signed & { readonly now: Date },
): boolean {
  if (until === undefined || signature === undefined || until <= now.getTime()) return false;
  const given = Buffer.from(signature);
  return signatures(config, image_id, until).some((genuine) => {
    const expected = Buffer.from(genuine);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** By each of the secrets, the current one first. */
function signatures(config: Config, image_id: string, until: number): readonly string[] {
  return keyRing(appSecret(config)).map((secret) =>
    createHmac('sha256', `media:${secret}`)
      .update(`${image_id}:${until}`)
      .digest('base64url')
      .slice(0, SIGNATURE_LENGTH),
  );
}
