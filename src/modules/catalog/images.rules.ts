// What counts as an image here, in which sizes it is shown, and where it is kept and found.
export const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
export const MAX_IMAGE_PIXELS = 24_000_000;
export const MAX_IMAGES = 8;
/** Of what is kept as the original; twice the largest size shown, for sizes to come. */
export const MAX_ORIGINAL_PX = 3_200;

/** Longest side in pixels. */
export const IMAGE_SIZES_PX = { small: 320, medium: 800, large: 1_600 } as const;
export type ImageSize = keyof typeof IMAGE_SIZES_PX;
export const IMAGE_SIZES = Object.keys(IMAGE_SIZES_PX) as ImageSize[];

type ImageFormat = 'jpeg' | 'png' | 'webp';

/** The format by what the bytes say, whatever the upload called itself; undefined where it is none of ours. */
export function imageFormatOf(content: Buffer): ImageFormat | undefined {
  if (content.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpeg';
  if (content.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'png';
  const isRiff = content.subarray(0, 4).toString('latin1') === 'RIFF';
  return isRiff && content.subarray(8, 12).toString('latin1') === 'WEBP' ? 'webp' : undefined;
}

export function originalKey(image_id: string): string {
  return `images/${image_id}/original`;
}

export function sizeKey(image_id: string, size: ImageSize): string {
  return `images/${image_id}/${size}.webp`;
}

/** Absolute addresses of an image. They never change, so that caches may keep them. */
export function imageUrls(publicUrl: string, image_id: string): Record<ImageSize, string> {
  const at = (size: ImageSize) => `${publicUrl}/media/${image_id}/${size}`;
  return { small: at('small'), medium: at('medium'), large: at('large') };
}
