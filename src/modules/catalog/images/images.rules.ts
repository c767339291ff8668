// What counts as an image here, in which sizes it is shown, and where it is kept and found.
export const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
export const MAX_IMAGE_PIXELS = 24_000_000;
/** Of either side. Thin images are dear for their bytes: every row is work of its own. */
export const MAX_IMAGE_SIDE_PX = 12_000;
/** Longer side to shorter one: the widest panorama, and nothing that would shrink to a line. */
export const MAX_IMAGE_RATIO = 10;
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

const IMAGE_KEY = /^images\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//;

/** Whose file lies under a key; undefined where it is no image's. */
export function imageIdOf(key: string): string | undefined {
  return IMAGE_KEY.exec(key)?.[1];
}

/** What is wrong with the measures that an upload claims, before anything is decoded; undefined where they are fine. */
export function imageSizeFault(width: number, height: number): string | undefined {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (long > MAX_IMAGE_SIDE_PX) return `must have at most ${MAX_IMAGE_SIDE_PX} pixels a side`;
  if (width * height > MAX_IMAGE_PIXELS)
    return `must have at most ${MAX_IMAGE_PIXELS / 1_000_000} megapixels`;
  if (long > short * MAX_IMAGE_RATIO)
    return `must be at most ${MAX_IMAGE_RATIO} times as long as wide`;
  return undefined;
}
