// Pixels in, pixels out: what people upload becomes clean JPEG or WebP without metadata, then smaller WebPs.
import sharp from 'sharp';
import { invalidField, Problem, UNSUPPORTED_MEDIA_TYPE } from '../../lib/problem.ts';
import {
  IMAGE_SIZES_PX,
  type ImageSize,
  imageFormatOf,
  MAX_IMAGE_PIXELS,
  MAX_ORIGINAL_PX,
} from './images.rules.ts';

const JPEG_QUALITY = 88;
const WEBP_QUALITY = 80;

export interface EncodedImage {
  readonly content: Buffer;
  readonly content_type: 'image/jpeg' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes an upload and encodes it anew: upright, within MAX_ORIGINAL_PX, without EXIF, GPS or anything else but pixels.
 * @throws Problem UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR at `/image`
 */
export async function encodeOriginal(upload: Buffer): Promise<EncodedImage> {
  const format = imageFormatOf(upload);
  if (format === undefined)
    throw new Problem(UNSUPPORTED_MEDIA_TYPE, 'Send a JPEG, PNG or WebP image.');
  const image = sharp(upload, { limitInputPixels: MAX_IMAGE_PIXELS, failOn: 'error' }).autoOrient();
  const fitted = image.resize({
    width: MAX_ORIGINAL_PX,
    height: MAX_ORIGINAL_PX,
    fit: 'inside',
    withoutEnlargement: true,
  });
  // PNG may be transparent, which JPEG cannot be.
  const encoded =
    format === 'jpeg'
      ? fitted.jpeg({ quality: JPEG_QUALITY })
      : fitted.webp({ quality: JPEG_QUALITY });
  const { data, info } = await encoded
    .toBuffer({ resolveWithObject: true })
    .catch(refuseUndecodable);
  const content_type = format === 'jpeg' ? 'image/jpeg' : 'image/webp';
  return { content: data, content_type, width: info.width, height: info.height };
}

/** A WebP whose longest side is that of `size`; smaller images keep theirs. */
export function encodeSize(original: Buffer, size: ImageSize): Promise<Buffer> {
  const px = IMAGE_SIZES_PX[size];
  return sharp(original)
    .resize({ width: px, height: px, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: WEBP_QUALITY })
    .toBuffer();
}

function refuseUndecodable(error: unknown): never {
  const isTooLarge = error instanceof Error && error.message.includes('pixel limit');
  const megapixels = MAX_IMAGE_PIXELS / 1_000_000;
  throw invalidField(
    '/image',
    isTooLarge
      ? `must have at most ${megapixels} megapixels`
      : 'must be an intact JPEG, PNG or WebP image',
  );
}
