// Pixels in, pixels out: what people upload becomes clean JPEG or WebP without metadata, then smaller WebPs.
import sharp from 'sharp';
import type { OutsideCtx } from '../../../context.ts';
import { createLimiter } from '../../../lib/flow/limiter.ts';
import {
  invalidField,
  isProblem,
  Problem,
  SERVICE_UNAVAILABLE,
  UNSUPPORTED_MEDIA_TYPE,
} from '../../../lib/problem.ts';
import {
  IMAGE_SIZES_PX,
  type ImageSize,
  imageFormatOf,
  imageSizeFault,
  MAX_ORIGINAL_PX,
} from './images.rules.ts';

const JPEG_QUALITY = 88;
const WEBP_QUALITY = 80;
/** Of 0 to 6: half the time of the default for a few percent more bytes. */
const WEBP_EFFORT = 2;

/** Beside the hashing of passwords this leaves one of libuv's four threads to files and DNS. */
const CONCURRENCY = 1;
/** Some seconds of waiting for the largest images. */
const MAX_WAITING = 16;

const decoding = createLimiter({
  concurrency: CONCURRENCY,
  maxWaiting: MAX_WAITING,
  onFull: () =>
    new Problem(
      SERVICE_UNAVAILABLE,
      'Too many images are being uploaded at this moment. Try again shortly.',
    ),
});

export interface EncodedImage {
  readonly content: Buffer;
  readonly content_type: 'image/jpeg' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes an upload and encodes it anew: upright, within MAX_ORIGINAL_PX, without EXIF, GPS or anything else but pixels.
 * @throws Problem UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR at `/image`, SERVICE_UNAVAILABLE where too many wait already
 */
export async function encodeOriginal(_ctx: OutsideCtx, upload: Buffer): Promise<EncodedImage> {
  if (imageFormatOf(upload) === undefined)
    throw new Problem(UNSUPPORTED_MEDIA_TYPE, 'Send a JPEG, PNG or WebP image.');
  return decoding.run(() => encode(upload).catch(refuseUndecodable));
}

async function encode(upload: Buffer): Promise<EncodedImage> {
  const image = sharp(upload, { limitInputPixels: false, failOn: 'error' });
  // From the header alone: nothing is decoded yet, so that the limit can be ours and say what it is.
  const { width, height, hasAlpha } = await image.metadata();
  const fault = imageSizeFault(width, height);
  if (fault !== undefined) throw invalidField('/image', fault);
  const fitted = image.autoOrient().resize({
    width: MAX_ORIGINAL_PX,
    height: MAX_ORIGINAL_PX,
    fit: 'inside',
    withoutEnlargement: true,
  });
  // Transparency is what JPEG cannot keep; without any it takes a third of the time.
  const encoded = hasAlpha
    ? fitted.webp({ quality: JPEG_QUALITY, effort: WEBP_EFFORT })
    : fitted.jpeg({ quality: JPEG_QUALITY });
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
  const content_type = hasAlpha ? 'image/webp' : 'image/jpeg';
  return { content: data, content_type, width: info.width, height: info.height };
}

/** A WebP whose longest side is that of `size`; smaller images keep theirs. */
export function encodeSize(_ctx: OutsideCtx, original: Buffer, size: ImageSize): Promise<Buffer> {
  const px = IMAGE_SIZES_PX[size];
  return decoding.runPatiently(() =>
    sharp(original)
      .resize({ width: px, height: px, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: WEBP_QUALITY })
      .toBuffer(),
  );
}

function refuseUndecodable(error: unknown): never {
  if (isProblem(error)) throw error;
  throw invalidField('/image', 'must be an intact JPEG, PNG or WebP image');
}
